CREATE OR REPLACE VIEW ledger.transactions AS
SELECT sequence || '-' || line AS transaction_id, * FROM transactions;
