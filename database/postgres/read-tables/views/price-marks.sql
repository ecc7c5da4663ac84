CREATE OR REPLACE VIEW ledger.price_marks AS SELECT * FROM price_marks;
