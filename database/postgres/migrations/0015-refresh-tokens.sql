-- A token that was used stays, so that its second use is noticed. No other table goes with what it refers to.
CREATE TABLE identity.refresh_tokens (
  id uuid PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES identity.sessions ON DELETE CASCADE,
  -- SHA-256 of the secret, hex: a secret stored as it is would be refused.
  secret_hash text COLLATE "C" NOT NULL CHECK (secret_hash ~ '^[0-9a-f]{64}$'),
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);

CREATE INDEX refresh_tokens_session ON identity.refresh_tokens (session_id);
CREATE INDEX refresh_tokens_expiry ON identity.refresh_tokens (expires_at);
