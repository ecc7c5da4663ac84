-- The log. `body` is exactly the text that was hashed and holds the whole event; the columns beside it
-- repeat what is looked up. Names are compared byte by byte (COLLATE "C"): nobody reads them in a
-- language's order, and it is several times faster.
CREATE TABLE ledger.events (
  -- Place in the log: 1, 2, 3 … without a gap, in commit order.
  sequence bigint PRIMARY KEY,
  stream text COLLATE "C" NOT NULL,
  -- Place in the stream: 1, 2, 3 …
  revision bigint NOT NULL CHECK (revision > 0),
  id uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  recorded_at timestamptz NOT NULL,
  effective_at timestamptz NOT NULL,
  -- Only on the first event of those that a command made, so that the index can hold it to one write.
  command_id text COLLATE "C",
  -- How many events the command made, on the same row.
  command_events integer,
  -- SHA-256, hex, of the previous hash in the stream followed by the body.
  hash text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  CONSTRAINT events_stream_revision UNIQUE (stream, revision),
  CONSTRAINT events_id UNIQUE (id),
  CONSTRAINT events_command CHECK ((command_id IS NULL) = (command_events IS NULL))
);

CREATE UNIQUE INDEX events_stream_command ON ledger.events (stream, command_id)
  WHERE command_id IS NOT NULL;

-- Rows never change, so nothing but freezing is left to vacuum; statistics must keep up with the growth.
ALTER TABLE ledger.events SET (
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_insert_scale_factor = 0.2
);
