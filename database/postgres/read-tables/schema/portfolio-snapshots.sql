-- The account at each session close: the equity curve.
CREATE TABLE portfolio_snapshots (
  account_id uuid NOT NULL,
  session date NOT NULL,
  at timestamptz NOT NULL,
  cash numeric(38, 18) NOT NULL,
  positions_value numeric(38, 18) NOT NULL,
  equity numeric(38, 18) NOT NULL,
  net_deposits numeric(38, 18) NOT NULL,
  realized_pnl numeric(38, 18) NOT NULL,
  unrealized_pnl numeric(38, 18) NOT NULL,
  commission numeric(38, 18) NOT NULL,
  day_change numeric(38, 18) NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (account_id, session)
);
