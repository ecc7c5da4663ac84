-- Double entry, all legs of an event in one row; the view ledger.postings lays them out.
CREATE TABLE journal_entries (
  sequence bigint NOT NULL,
  event_id uuid NOT NULL,
  account_id uuid NOT NULL,
  legs jsonb NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (sequence)
);
