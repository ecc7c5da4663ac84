-- Where seals are kept besides, and what each place has had: every seal above `delivered_to` is still to go there.
CREATE TABLE ledger.seal_targets (
  -- An absolute path, or a URL without its user, password and the values of its query.
  target text COLLATE "C" PRIMARY KEY,
  -- The server delivers each new seal there (SEAL_TO); otherwise somebody did once, by hand.
  automatic boolean NOT NULL DEFAULT false,
  delivered_to bigint NOT NULL DEFAULT 0 CHECK (delivered_to >= 0),
  delivered_at timestamptz,
  -- Why the last attempt failed, and since when attempts do; null where the last one went well.
  failure text,
  failing_since timestamptz
);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
    GRANT SELECT, INSERT, UPDATE ON ledger.seal_targets TO ledger_app;
  END IF;
END
$$;
