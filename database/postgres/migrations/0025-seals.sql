-- Signed roots over ranges of the log, each with the digest of the one before. The text is exactly what was signed.
CREATE TABLE ledger.seals (
  -- 1, 2, 3 … without a gap.
  number bigint PRIMARY KEY CHECK (number > 0),
  -- One line of JSON.
  text text COLLATE "C" NOT NULL,
  -- Ed25519 over the text, base64url.
  signature text COLLATE "C" NOT NULL
);
