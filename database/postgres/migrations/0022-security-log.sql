-- Who tried and did what. No entry holds a secret. Nothing refers to users: the log stands for itself.
CREATE TABLE identity.security_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  kind text COLLATE "C" NOT NULL,
  -- Whom it concerns.
  user_id uuid,
  -- Who did it, where that is another.
  actor_id uuid,
  key_id uuid,
  -- The sender's network address.
  address text COLLATE "C",
  facts jsonb NOT NULL
);

CREATE INDEX security_log_newest ON identity.security_log (at DESC, id DESC);
CREATE INDEX security_log_of_user ON identity.security_log (user_id, at DESC, id DESC);
