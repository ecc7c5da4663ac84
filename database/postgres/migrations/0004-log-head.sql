-- The one counter of the log. Taken last in each write and held until its commit, so that sequences have
-- no gap and are in commit order: who reads up to n has seen all up to n.
CREATE TABLE ledger.log_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  sequence bigint NOT NULL CHECK (sequence >= 0)
) WITH (fillfactor = 10);

INSERT INTO ledger.log_head (sequence) VALUES (0);
