-- Writes what stands of a batch, in one statement and one commit. A stream stands if its revision is the one
-- its writer planned with and none of the batch's command ids is in it; a stream that falls takes nothing
-- else with it. Returns the sequence before the first event written, and the streams that fell with what
-- they hold now (revision 0: nothing yet).
--
-- s_*: one element a stream, each once. c_*: one element a command id.
-- e_*: one element an event, in the order of the log; e_stream is the place of its stream in s_*.
-- e_bodies: one text, a line an event (JSON text has no raw newline), which is much cheaper to read than
-- an array's escapes.
CREATE FUNCTION ledger.append_events(
  writer text,
  s_names text[], s_revisions bigint[], s_written bigint[], s_hashes text[], s_recorded_at timestamptz[],
  c_streams text[], c_ids text[],
  e_stream integer[], e_revisions bigint[], e_ids uuid[], e_types text[],
  e_recorded_at timestamptz[], e_effective_at timestamptz[],
  e_command_ids text[], e_command_events integer[], e_hashes text[], e_bodies text,
  OUT before_first bigint, OUT fallen text[]
)
LANGUAGE plpgsql
-- The plans must be the right ones on an empty log and on a large one alike, whenever they are made.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  standing text[];
  total integer := cardinality(e_stream);
BEGIN
  -- Before the locks: a command that is written between here and there moves its stream's revision too.
  SELECT coalesce(array_agg(DISTINCT known.stream), '{}') INTO fallen
  FROM unnest(c_streams, c_ids) AS command (stream, id)
  JOIN ledger.events AS known
    ON known.stream = command.stream COLLATE "C" AND known.command_id = command.id COLLATE "C";

  -- Creates or locks, compares and moves each stream's row at once. All writers go by name, so none waits
  -- in a circle. A row that is not there yet is only inserted where its writer expected none.
  WITH planned AS MATERIALIZED (
    SELECT * FROM unnest(s_names, s_revisions, s_written, s_hashes, s_recorded_at)
      AS stream (name, revision, written, hash, recorded_at)
    WHERE name <> ALL (fallen)
      AND (revision = written OR EXISTS (SELECT FROM ledger.streams WHERE streams.stream = name COLLATE "C"))
    ORDER BY name COLLATE "C"
  ), moved AS (
    INSERT INTO ledger.streams AS present (stream, revision, written, hash, recorded_at)
    SELECT * FROM planned
    ON CONFLICT (stream) DO UPDATE
      SET revision = excluded.revision, written = excluded.written,
          hash = excluded.hash, recorded_at = excluded.recorded_at
      WHERE present.revision = excluded.revision - excluded.written
    RETURNING present.stream
  )
  SELECT coalesce(array_agg(stream), '{}') INTO standing FROM moved;

  IF cardinality(standing) < cardinality(s_names) THEN
    SELECT array_agg(name) INTO fallen FROM unnest(s_names) AS name WHERE name <> ALL (standing);
    SELECT count(*) INTO total FROM unnest(e_stream) AS place WHERE s_names[place] <> ALL (fallen);
  ELSE
    fallen := '{}';
  END IF;

  IF total = 0 THEN
    before_first := 0;
    RETURN;
  END IF;

  UPDATE ledger.log_head SET sequence = sequence + total RETURNING sequence - total INTO before_first;

  INSERT INTO ledger.events (sequence, stream, revision, id, type, recorded_at, effective_at,
    command_id, command_events, hash, body)
  SELECT before_first + row_number() OVER (ORDER BY event.place), s_names[event.stream], event.revision,
    event.id, event.type, event.recorded_at, event.effective_at,
    event.command_id, event.command_events, event.hash, event.body
  FROM unnest(e_stream, e_revisions, e_ids, e_types, e_recorded_at, e_effective_at,
      e_command_ids, e_command_events, e_hashes, string_to_array(e_bodies, E'\n'))
    WITH ORDINALITY AS event (stream, revision, id, type, recorded_at, effective_at,
      command_id, command_events, hash, body, place)
  WHERE fallen = '{}' OR s_names[event.stream] <> ALL (fallen);

  -- Says how far the log goes, and who wrote it: the writer knows already.
  PERFORM pg_notify('ledger_events', (before_first + total) || ' ' || writer);
END
$$;
