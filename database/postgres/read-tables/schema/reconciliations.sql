-- Each time a statement was compared with an account's books.
CREATE TABLE reconciliations (
  account_id uuid NOT NULL,
  source text NOT NULL,
  statement_digest text NOT NULL,
  statement_from timestamptz,
  statement_to timestamptz,
  lines bigint NOT NULL,
  matched bigint NOT NULL,
  breaks bigint NOT NULL,
  reconciled_at timestamptz NOT NULL,
  reconciled_by text NOT NULL,
  event_id uuid NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (sequence)
);
