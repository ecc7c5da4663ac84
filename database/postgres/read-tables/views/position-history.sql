CREATE OR REPLACE VIEW ledger.position_history AS
SELECT *, realized_pnl - commission AS realized_pnl_net,
  CASE WHEN entry_value = 0 THEN 0 ELSE ledger.quotient(100 * realized_pnl, entry_value, 4) END AS realized_pnl_pct
FROM position_history;
