CREATE OR REPLACE VIEW ledger.stock_splits AS SELECT * FROM stock_splits;
