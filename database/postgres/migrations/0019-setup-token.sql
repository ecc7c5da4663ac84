-- The one token with which the first administrator may be made, as long as there is none.
CREATE TABLE identity.setup_token (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- SHA-256, hex.
  token_hash text COLLATE "C" NOT NULL CHECK (token_hash ~ '^[0-9a-f]{64}$'),
  put_at timestamptz NOT NULL DEFAULT now()
);
