CREATE OR REPLACE VIEW ledger.reconciliations AS SELECT * FROM reconciliations;
