-- How these tables were made, in one row: what a comparison of two builds has to say.
CREATE TABLE build (
  -- The program's version and a fingerprint of the code that folds.
  program text NOT NULL,
  -- What decides the cost of what is closed: average, fifo, lifo, highest.
  cost text NOT NULL,
  -- Nothing after this event; null for tables that go on with the log.
  to_sequence bigint,
  -- Only this account, its markets and the sessions; null for all.
  account_id uuid,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
