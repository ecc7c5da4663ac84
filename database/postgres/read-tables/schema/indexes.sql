-- What the projections ask for besides primary keys; there from the first row on.
CREATE INDEX lots_open ON lots (account_id, symbol, created_sequence)                       -- listLots, the runner
  WHERE closed_at IS NULL;
CREATE INDEX stock_splits_by_holding ON stock_splits (account_id, symbol);                  -- restatement
