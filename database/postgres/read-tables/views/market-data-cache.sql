CREATE OR REPLACE VIEW ledger.market_data_cache AS
SELECT *, price - prev_close AS change,
  CASE WHEN prev_close = 0 THEN NULL ELSE ledger.quotient(100 * (price - prev_close), prev_close, 4) END AS change_pct
FROM market_data_cache;
