-- Entries are never changed or removed, by nobody. ENABLE ALWAYS: replication roles are no way around it.
CREATE FUNCTION identity.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'identity.security_log is append-only: % refused', TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON identity.security_log
  FOR EACH STATEMENT EXECUTE FUNCTION identity.refuse_change();
ALTER TABLE identity.security_log ENABLE ALWAYS TRIGGER append_only;
