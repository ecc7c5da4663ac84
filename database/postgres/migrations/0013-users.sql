-- Users are deactivated, never deleted: events and the security log name them for ever.
CREATE TABLE identity.users (
  id uuid PRIMARY KEY,
  -- Nobody else's, in lower case (the store lowers the letters that are not ASCII).
  email text COLLATE "C" NOT NULL CONSTRAINT users_email UNIQUE CHECK (email = lower(email)),
  -- For people to read; may be shared.
  username text NOT NULL,
  full_name text,
  -- argon2id in PHC format: a text that is none was never hashed.
  password_hash text COLLATE "C" NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  active boolean NOT NULL DEFAULT true,
  admin boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  last_login_at timestamptz
);

CREATE INDEX users_newest ON identity.users (created_at DESC, id DESC);
CREATE INDEX users_admins ON identity.users (id) WHERE admin;
