-- What users are to accounts. Accounts are streams of the ledger, not rows, so nothing refers to them here.
CREATE TABLE identity.memberships (
  account_id uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES identity.users,
  role text COLLATE "C" NOT NULL CHECK (role IN ('owner', 'trader', 'viewer')),
  since timestamptz NOT NULL DEFAULT now(),
  -- Of the account's opener: who was let in by others does not count it as an account of theirs.
  opened boolean NOT NULL DEFAULT false,
  PRIMARY KEY (account_id, user_id)
);

CREATE INDEX memberships_of_user ON identity.memberships (user_id);
