-- Seals are never changed or removed, by nobody. ENABLE ALWAYS: replication roles are no way around it. A superuser
-- can still drop the trigger; a seal that somebody kept elsewhere is there to show it.
CREATE FUNCTION ledger.refuse_seal_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger.seals is append-only: % refused', TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.seals
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_seal_change();
ALTER TABLE ledger.seals ENABLE ALWAYS TRIGGER append_only;
