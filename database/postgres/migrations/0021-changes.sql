-- Whose rights changed, or which key's, for the processes that keep them in memory. Lines older than a day go;
-- a reader who has been away longer sees that lines are missing, because places have no gap.
CREATE TABLE identity.changes (
  place bigint PRIMARY KEY,
  user_id uuid NOT NULL,
  -- Where it is a key that changed.
  key_id uuid,
  changed_at timestamptz NOT NULL DEFAULT now()
);
