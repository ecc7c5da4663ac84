-- Splits as each holding went through them; with order_fills the journal that a bust is folded again from.
CREATE TABLE stock_splits (
  event_id uuid NOT NULL,
  account_id uuid NOT NULL,
  symbol text NOT NULL,
  new_shares bigint NOT NULL,
  old_shares bigint NOT NULL,
  quantity_before numeric NOT NULL,
  quantity_after numeric NOT NULL,
  fraction numeric NOT NULL,
  cash_in_lieu numeric NOT NULL,
  at timestamptz NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (event_id)
);
