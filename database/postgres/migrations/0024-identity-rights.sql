-- The rights of a program that looks after users: it may not delete users or keys, nor touch what the security
-- log holds.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
    GRANT USAGE ON SCHEMA identity TO ledger_app;
    GRANT SELECT, INSERT, UPDATE ON identity.users, identity.api_keys TO ledger_app;
    GRANT SELECT, INSERT, UPDATE, DELETE
      ON identity.sessions, identity.refresh_tokens, identity.memberships, identity.setup_token TO ledger_app;
    GRANT SELECT, INSERT ON identity.api_key_addresses, identity.security_log TO ledger_app;
    GRANT SELECT, UPDATE ON identity.change_head TO ledger_app;
    GRANT SELECT, INSERT, DELETE ON identity.changes TO ledger_app;
  END IF;
END
$$;
