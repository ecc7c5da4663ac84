-- The last event of each stream. Writers lock these rows, in the order of their names.
CREATE TABLE ledger.streams (
  stream text COLLATE "C" PRIMARY KEY,
  revision bigint NOT NULL CHECK (revision > 0),
  -- How many events the last write brought: revision less this is what its writer expected.
  written bigint NOT NULL CHECK (written > 0),
  hash text COLLATE "C" NOT NULL,
  recorded_at timestamptz NOT NULL
) WITH (fillfactor = 50);
