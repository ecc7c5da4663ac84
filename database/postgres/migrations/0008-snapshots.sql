-- Cached folds of streams. Deleting every row changes nothing but the time of the next cold load.
CREATE TABLE ledger.snapshots (
  stream text COLLATE "C" PRIMARY KEY,
  revision bigint NOT NULL CHECK (revision > 0),
  -- Version of the state's shape.
  version integer NOT NULL,
  -- JSON text.
  state text NOT NULL,
  saved_at timestamptz NOT NULL DEFAULT now()
);
