-- The log for people. A body that jsonb cannot hold (U+0000 in a text) is shown as a JSON string.
CREATE VIEW ledger.event_log AS
SELECT
  sequence, stream, revision, type, recorded_at, effective_at,
  body -> 'data' AS data,
  body ->> 'actor' AS actor,
  body ->> 'commandId' AS command_id,
  (body ->> 'correlationId')::uuid AS correlation_id,
  (body ->> 'causationId')::uuid AS causation_id,
  (body ->> 'version')::integer AS version,
  id, hash, body
FROM (
  SELECT sequence, stream, revision, id, type, recorded_at, effective_at, hash,
    CASE WHEN pg_input_is_valid(body, 'jsonb') THEN body::jsonb ELSE to_jsonb(body) END AS body
  FROM ledger.events
) AS event;
