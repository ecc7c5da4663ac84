-- One row for what an account ever held of a symbol; it stays when flat. The view ledger.positions shows the open ones at the latest mark.
CREATE TABLE positions (
  account_id uuid NOT NULL,
  symbol text NOT NULL,
  quantity numeric NOT NULL,
  cost numeric NOT NULL,
  cycle jsonb,
  realized_pnl_lifetime numeric NOT NULL,
  commission_lifetime numeric NOT NULL,
  last_price numeric NOT NULL,
  session date NOT NULL,
  session_start_quantity numeric NOT NULL,
  session_cash numeric NOT NULL,
  split_at timestamptz,
  split_new_shares bigint NOT NULL,
  split_old_shares bigint NOT NULL,
  updated_at timestamptz NOT NULL,
  changed_sequence bigint NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (account_id, symbol)
) WITH (fillfactor = 50);
