CREATE OR REPLACE VIEW ledger.order_fills AS SELECT * FROM order_fills;
