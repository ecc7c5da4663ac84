-- Keys are revoked, never deleted: events and the security log name them for ever.
CREATE TABLE identity.api_keys (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES identity.users,
  name text NOT NULL,
  -- SHA-256 of the secret, hex.
  secret_hash text COLLATE "C" NOT NULL CHECK (secret_hash ~ '^[0-9a-f]{64}$'),
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);

CREATE INDEX api_keys_of_user ON identity.api_keys (user_id, created_at DESC, id DESC);
