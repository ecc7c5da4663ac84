-- Tables whose columns are what people read.
CREATE OR REPLACE VIEW ledger.position_history AS
SELECT *, realized_pnl - commission AS realized_pnl_net,
  CASE WHEN entry_value = 0 THEN 0 ELSE round(100 * realized_pnl / entry_value, 4) END AS realized_pnl_pct
FROM position_history;

CREATE OR REPLACE VIEW ledger.lots AS SELECT * FROM lots;
CREATE OR REPLACE VIEW ledger.stock_splits AS SELECT * FROM stock_splits;
CREATE OR REPLACE VIEW ledger.transactions AS
SELECT sequence || '-' || line AS transaction_id, * FROM transactions;
CREATE OR REPLACE VIEW ledger.market_data_cache AS
SELECT *, price - prev_close AS change,
  CASE WHEN prev_close = 0 THEN NULL ELSE round(100 * (price - prev_close) / prev_close, 4) END AS change_pct
FROM market_data_cache;
CREATE OR REPLACE VIEW ledger.price_marks AS SELECT * FROM price_marks;
CREATE OR REPLACE VIEW ledger.portfolio_snapshots AS SELECT * FROM portfolio_snapshots;
