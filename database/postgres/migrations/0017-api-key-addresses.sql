-- The network addresses from which each key was used, so that a new one can be noted.
CREATE TABLE identity.api_key_addresses (
  key_id uuid NOT NULL REFERENCES identity.api_keys,
  address text COLLATE "C" NOT NULL,
  first_used_at timestamptz NOT NULL,
  PRIMARY KEY (key_id, address)
);
