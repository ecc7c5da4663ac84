-- Accounts at the latest marks. Margin: Regulation T (12 CFR 220.12) 50 % initial; FINRA Rule 4210(c) maintenance 25 %
-- of longs, 30 % of shorts, each rounded up to the last decimal that cash has. Unsettled proceeds are judged by this database's clock; the API uses the market's. A sale
-- that cost more than it brought is paid at once.
CREATE OR REPLACE VIEW ledger.accounts AS
SELECT a.account_id, a.account_number, a.user_id, a.policy ->> 'kind' AS account_type, a.policy, a.status,
  a.status = 'active' AS is_active, a.status_reason,
  a.cash, u.unsettled, a.reserved,
  CASE WHEN a.policy ->> 'kind' = 'margin'
    THEN 2 * greatest(0, a.cash + v.positions_value - v.margin_used - a.reserved)
    ELSE greatest(0, a.cash - u.unsettled - a.reserved) END AS buying_power,
  v.positions_value, v.long_market_value, v.short_market_value,
  a.cash + v.positions_value AS portfolio_value,
  a.cash + v.positions_value AS equity,
  CASE WHEN a.policy ->> 'kind' = 'margin' THEN v.margin_used ELSE 0 END AS margin_used,
  CASE WHEN a.policy ->> 'kind' = 'margin'
    THEN ceil(0.25e18 * v.long_market_value) * 1e-18 + ceil(-0.30e18 * v.short_market_value) * 1e-18 ELSE 0 END AS maintenance_margin,
  v.position_count, v.unrealized_pnl, v.day_pnl,
  a.net_deposits, a.realized_pnl, a.commission, a.dividends, a.interest, a.fees,
  a.last_session, a.last_session_equity, a.last_session_net_deposits,
  a.opened_at AS created_at, a.opened_at, a.closed_at, a.last_activity_at,
  a.last_activity_at AS updated_at, a.created_sequence, a.sequence
FROM accounts a
CROSS JOIN LATERAL (
  SELECT count(*) AS position_count,
    coalesce(sum(p.market_value), 0) AS positions_value,
    coalesce(sum(p.market_value) FILTER (WHERE p.quantity > 0), 0) AS long_market_value,
    coalesce(sum(p.market_value) FILTER (WHERE p.quantity < 0), 0) AS short_market_value,
    ceil(coalesce(sum(abs(p.market_value)), 0) * 0.5 * 1e18) * 1e-18 AS margin_used,
    coalesce(sum(p.unrealized_pnl), 0) AS unrealized_pnl,
    coalesce(sum(p.day_pnl), 0) AS day_pnl
  FROM ledger.positions p WHERE p.account_id = a.account_id
) v
CROSS JOIN LATERAL (
  SELECT coalesce(sum(f.value - f.commission), 0) AS unsettled FROM order_fills f
  WHERE f.account_id = a.account_id AND f.side = 'sell' AND f.status IN ('booked', 'corrected')
    AND f.settles_at > clock_timestamp() AND f.value > f.commission
) u;
