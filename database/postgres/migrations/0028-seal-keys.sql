-- The public halves of the keys that seals were signed with, so that a seal of an older key can still be handed on
-- whole. Nobody trusts a key because it is here: whoever checks a seal has the key by another way.
CREATE TABLE ledger.seal_keys (
  -- SHA-256 of the key in DER form, hex, as seals name it.
  fingerprint text COLLATE "C" PRIMARY KEY,
  pem text COLLATE "C" NOT NULL
);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
    GRANT SELECT, INSERT ON ledger.seal_keys TO ledger_app;
  END IF;
END
$$;
