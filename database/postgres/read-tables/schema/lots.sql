-- The opening part of each fill and what first in, first out has left of it.
CREATE TABLE lots (
  lot_id uuid NOT NULL,
  account_id uuid NOT NULL,
  symbol text NOT NULL,
  quantity numeric NOT NULL,
  cost numeric NOT NULL,
  commission numeric NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  realized_pnl numeric NOT NULL,
  created_sequence bigint NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (lot_id)
);
