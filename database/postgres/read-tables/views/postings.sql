CREATE OR REPLACE VIEW ledger.postings AS
SELECT e.sequence, leg.ordinality AS line, e.event_id, e.account_id,
  leg.value ->> 'book' AS book, leg.value ->> 'commodity' AS commodity,
  (leg.value ->> 'amount')::numeric AS amount, e.at
FROM journal_entries e
CROSS JOIN LATERAL jsonb_array_elements(e.legs) WITH ORDINALITY AS leg;
