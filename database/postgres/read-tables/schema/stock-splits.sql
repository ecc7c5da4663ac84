-- Splits as each holding went through them; with order_fills the journal that a bust is folded again from.
CREATE TABLE stock_splits (
  event_id uuid NOT NULL,
  account_id uuid NOT NULL,
  symbol text NOT NULL,
  new_shares bigint NOT NULL,
  old_shares bigint NOT NULL,
  quantity_before numeric(29, 9) NOT NULL,
  quantity_after numeric(29, 9) NOT NULL,
  fraction numeric(29, 9) NOT NULL,
  cash_in_lieu numeric(38, 18) NOT NULL,
  at timestamptz NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (event_id)
);
