-- How far named subscriptions have got: the order router by sequence, a recorded market by its own time.
CREATE TABLE ledger.checkpoints (
  name text PRIMARY KEY,
  place bigint NOT NULL CHECK (place >= 0),
  moved_at timestamptz NOT NULL DEFAULT now()
);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
    GRANT SELECT, INSERT, UPDATE ON ledger.checkpoints TO ledger_app;
  END IF;
END
$$;
