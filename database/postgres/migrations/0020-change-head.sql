-- The counter of changes. Taken last in each transaction and held until its commit, so that places have no gap
-- and are in commit order: who reads up to n has seen all up to n.
CREATE TABLE identity.change_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  place bigint NOT NULL CHECK (place >= 0)
) WITH (fillfactor = 10);

INSERT INTO identity.change_head (place) VALUES (0);
