-- Who may do what. Personal data has no place in a log that cannot be changed, so it rests here, in ordinary
-- tables; the events of the ledger name users and keys by id only.
CREATE SCHEMA identity;
