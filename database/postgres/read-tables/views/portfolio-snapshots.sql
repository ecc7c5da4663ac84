CREATE OR REPLACE VIEW ledger.portfolio_snapshots AS SELECT * FROM portfolio_snapshots;
