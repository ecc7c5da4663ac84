-- A program that seals may add and read, nothing else.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
    GRANT SELECT, INSERT ON ledger.seals TO ledger_app;
  END IF;
END
$$;
