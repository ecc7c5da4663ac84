-- Open positions at the latest mark. The price is the mark's, restated for splits it does not know yet, or the last
-- own fill's until there is a mark. Marks since the last change count toward the excursions here; the next change
-- writes them down.
CREATE OR REPLACE VIEW ledger.positions AS
SELECT p.account_id, p.symbol,
  CASE WHEN p.quantity > 0 THEN 'long' ELSE 'short' END AS side,
  p.quantity,
  abs(p.quantity) - coalesce((
    SELECT sum(o.reserved_quantity) FROM orders o
    WHERE o.account_id = p.account_id AND o.symbol = p.symbol
      AND o.side = CASE WHEN p.quantity > 0 THEN 'sell' ELSE 'buy' END
      AND o.status IN ('submitted', 'accepted', 'partially_filled', 'pending_cancel', 'pending_replace')
  ), 0) AS available_quantity,
  p.cost AS total_cost,
  ledger.quotient(p.cost, p.quantity, 9) AS avg_cost,
  v.current_price,
  w.market_value,
  w.market_value - p.cost AS unrealized_pnl,
  CASE WHEN p.cost = 0 THEN 0 ELSE ledger.quotient(100 * (w.market_value - p.cost), abs(p.cost), 4) END AS unrealized_pnl_pct,
  c.realized AS realized_pnl,
  c.realized + w.market_value - p.cost AS total_pnl,
  w.market_value - d.start_value + d.cash AS day_pnl,
  CASE WHEN d.start_value = 0 THEN 0
    ELSE ledger.quotient(100 * (w.market_value - d.start_value + d.cash), abs(d.start_value), 4) END AS day_pnl_pct,
  d.start_value AS day_start_value,
  c.commission,
  p.realized_pnl_lifetime,
  greatest(c.max_favorable, c.realized - p.cost + coalesce((
    SELECT max(p.quantity * CASE
      WHEN k.session <= p.session THEN k.close WHEN p.quantity > 0 THEN k.high ELSE k.low END)
    FROM price_marks k WHERE k.symbol = p.symbol AND k.sequence > p.changed_sequence
  ), p.cost - c.realized)) AS max_favorable_excursion,
  least(c.max_adverse, c.realized - p.cost + coalesce((
    SELECT min(p.quantity * CASE
      WHEN k.session <= p.session THEN k.close WHEN p.quantity > 0 THEN k.low ELSE k.high END)
    FROM price_marks k WHERE k.symbol = p.symbol AND k.sequence > p.changed_sequence
  ), p.cost - c.realized)) AS max_adverse_excursion,
  c.opened_at, p.updated_at, p.sequence
FROM positions p
LEFT JOIN market_data_cache m ON m.symbol = p.symbol
CROSS JOIN LATERAL (
  SELECT (p.cycle ->> 'realized')::numeric AS realized,
    (p.cycle ->> 'commission')::numeric AS commission,
    (p.cycle ->> 'maxFavorable')::numeric AS max_favorable,
    (p.cycle ->> 'maxAdverse')::numeric AS max_adverse,
    (p.cycle ->> 'openedAt')::timestamptz AS opened_at
) c
CROSS JOIN LATERAL (
  SELECT CASE
    WHEN m.symbol IS NULL THEN p.last_price
    WHEN p.split_at IS NULL OR m.marked_at > p.split_at THEN m.price
    -- div() cuts exactly; the view must value as positions/value.ts does.
    ELSE div(m.price * 1000000000 * p.split_old_shares, p.split_new_shares) * 0.000000001
  END AS current_price
) v
CROSS JOIN LATERAL (SELECT p.quantity * v.current_price AS market_value) w
CROSS JOIN LATERAL (
  SELECT CASE
      WHEN m.symbol IS NULL THEN p.session_start_quantity * p.last_price
      WHEN m.session > p.session THEN p.quantity * coalesce(m.prev_close, m.open)
      WHEN m.session = p.session THEN p.session_start_quantity * coalesce(m.prev_close, m.open)
      ELSE p.session_start_quantity * m.price
    END AS start_value,
    CASE WHEN m.session > p.session THEN 0 ELSE p.session_cash END AS cash
) d
WHERE p.quantity <> 0;
