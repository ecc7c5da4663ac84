-- What one account was at the end of each stretch of the log: a cache of folds, for questions about the past. Deleting
-- every row changes nothing but the time of the next question.
CREATE TABLE ledger.as_of_segments (
  account_id uuid NOT NULL,
  -- floor < sequence <= through; the segments of an account follow one another without a gap.
  floor bigint NOT NULL CHECK (floor >= 0),
  through bigint NOT NULL CHECK (through > floor),
  -- Of the program that folded it, with a fingerprint of the code that decides what comes out.
  version text COLLATE "C" NOT NULL,
  -- Of the account's stream and of the sessions' at `through`.
  revision bigint NOT NULL,
  sessions bigint NOT NULL,
  -- When the earliest of it happened, the first event that any of it tells of, the latest of all up to `through`.
  earliest timestamptz,
  earliest_origin bigint NOT NULL,
  latest timestamptz NOT NULL,
  -- Of the account's last event.
  hash text COLLATE "C" NOT NULL,
  -- JSON text.
  facts text NOT NULL,
  -- SHA-256, hex, of the digest before it, the facts and the rows.
  digest text COLLATE "C" NOT NULL,
  saved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (account_id, through)
);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.as_of_segments TO ledger_app;
  END IF;
END
$$;
