-- Where each schema of read tables stands. Exactly one is live: the views in schema ledger show it.
CREATE TABLE ledger.projection_status (
  schema_name text PRIMARY KEY,
  projection_set text NOT NULL,
  version integer NOT NULL,
  live boolean NOT NULL,
  state text NOT NULL CHECK (state IN ('idle', 'running', 'stopped', 'rebuilding')),
  checkpoint bigint NOT NULL CHECK (checkpoint >= 0),
  applied_at timestamptz,
  error_sequence bigint,
  error_event_id uuid,
  error_reason text
);
CREATE UNIQUE INDEX projection_status_live
  ON ledger.projection_status (projection_set) WHERE live;

-- Makes an empty schema for a version of the read tables and enters it in the book.
CREATE FUNCTION ledger.create_read_schema(name text, projection_set text, version integer, live boolean)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('CREATE SCHEMA %I', name);
  INSERT INTO ledger.projection_status (schema_name, projection_set, version, live, state, checkpoint)
  VALUES (name, projection_set, version, live, CASE WHEN live THEN 'idle' ELSE 'rebuilding' END, 0);
END
$$;

-- Drops a schema of read tables; never the live one.
CREATE FUNCTION ledger.drop_read_schema(name text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  DELETE FROM ledger.projection_status WHERE schema_name = name AND NOT live;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% is no schema of read tables that may go', name;
  END IF;
  EXECUTE format('DROP SCHEMA %I CASCADE', name);
END
$$;
