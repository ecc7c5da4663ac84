-- The account at each session close: the equity curve.
CREATE TABLE portfolio_snapshots (
  account_id uuid NOT NULL,
  session date NOT NULL,
  at timestamptz NOT NULL,
  cash numeric NOT NULL,
  positions_value numeric NOT NULL,
  equity numeric NOT NULL,
  net_deposits numeric NOT NULL,
  realized_pnl numeric NOT NULL,
  unrealized_pnl numeric NOT NULL,
  commission numeric NOT NULL,
  day_change numeric NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (account_id, session)
);
