-- What happened rests in this schema; what is derived from it rests elsewhere and can be thrown away.
CREATE SCHEMA ledger;
