CREATE OR REPLACE VIEW ledger.breaks AS SELECT * FROM breaks;
