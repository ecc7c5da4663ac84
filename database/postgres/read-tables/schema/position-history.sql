-- One row for each position from flat to flat.
CREATE TABLE position_history (
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  symbol text NOT NULL,
  side text NOT NULL,
  quantity numeric NOT NULL,
  average_entry_price numeric NOT NULL,
  average_exit_price numeric NOT NULL,
  entry_value numeric NOT NULL,
  exit_value numeric NOT NULL,
  realized_pnl numeric NOT NULL,
  commission numeric NOT NULL,
  max_favorable_excursion numeric NOT NULL,
  max_adverse_excursion numeric NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz NOT NULL,
  hold_seconds bigint NOT NULL,
  closing_reason text NOT NULL,
  created_sequence bigint NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (id)
);
