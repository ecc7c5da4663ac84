CREATE OR REPLACE VIEW ledger.orders AS
SELECT *,
  quantity - filled_quantity - busted_quantity AS remaining_quantity,
  CASE WHEN filled_quantity = 0 THEN NULL ELSE ledger.quotient(filled_value, filled_quantity, 9) END AS avg_fill_price
FROM orders;
