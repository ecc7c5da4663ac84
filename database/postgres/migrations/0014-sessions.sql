-- One login each, and all refresh tokens that came of it.
CREATE TABLE identity.sessions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES identity.users,
  started_at timestamptz NOT NULL,
  -- When its last refresh token expires: after that nobody can use it.
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
);

CREATE INDEX sessions_open ON identity.sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_ended ON identity.sessions (ended_at) WHERE ended_at IS NOT NULL;
