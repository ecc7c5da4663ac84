-- Rows of read tables as they were at the ends of segments: one for each segment that changed it. Rows that never
-- change once written (transactions, journal entries, marks, splits) are not here: the read tables have them.
CREATE TABLE ledger.as_of_rows (
  account_id uuid NOT NULL,
  table_name text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  -- `through` of the segment that made it so, and of the one that changed it again: the greatest bigint while none has.
  since bigint NOT NULL,
  until bigint NOT NULL DEFAULT 9223372036854775807,
  place bigint NOT NULL,
  symbol text COLLATE "C",
  side text COLLATE "C",
  status text COLLATE "C",
  at timestamptz,
  open boolean NOT NULL,
  reference text COLLATE "C",
  settles_at timestamptz,
  times text COLLATE "C",
  -- JSON text as the projection writes it; null where the row was gone.
  body text,
  PRIMARY KEY (account_id, table_name, key, since),
  FOREIGN KEY (account_id, since) REFERENCES ledger.as_of_segments (account_id, through) ON DELETE CASCADE
);

-- With the times, so that rows from before and after are passed by in the index alone.
CREATE INDEX as_of_rows_place ON ledger.as_of_rows (account_id, table_name, place, since, until);
CREATE INDEX as_of_rows_open ON ledger.as_of_rows (account_id, table_name, until, since) WHERE open;
CREATE INDEX as_of_rows_reference ON ledger.as_of_rows (account_id, table_name, reference)
  WHERE reference IS NOT NULL;
CREATE INDEX as_of_rows_settles ON ledger.as_of_rows (account_id, settles_at) WHERE settles_at IS NOT NULL;
-- Not by the account first: while the table is young and without statistics, each question would as well take this one
-- and look at every row of the account.
CREATE INDEX as_of_rows_since ON ledger.as_of_rows (since, account_id);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.as_of_rows TO ledger_app;
  END IF;
END
$$;
