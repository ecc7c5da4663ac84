-- The rights of a program that writes events: it may add and read, and may not change or remove them even
-- where the trigger were gone. The server itself also makes and rebuilds read tables, so its login owns them
-- and the schema; there the trigger alone stands guard.
DO $$
BEGIN
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
      CREATE ROLE ledger_app NOLOGIN;
    END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- Roles belong to the whole server: another of its databases made it at this moment.
  END;
  GRANT USAGE ON SCHEMA ledger TO ledger_app;
  GRANT SELECT, INSERT ON ledger.events TO ledger_app;
  GRANT SELECT, INSERT, UPDATE ON ledger.streams TO ledger_app;
  GRANT SELECT, UPDATE ON ledger.log_head TO ledger_app;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.snapshots TO ledger_app;
  GRANT SELECT ON ledger.event_log TO ledger_app;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
  RAISE NOTICE 'role ledger_app was not set up: %', SQLERRM;
END
$$;
