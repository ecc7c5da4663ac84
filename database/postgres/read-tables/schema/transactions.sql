-- The account statement: signed, with the exact balance after each line.
CREATE TABLE transactions (
  account_id uuid NOT NULL,
  type text NOT NULL,
  amount numeric(38, 18) NOT NULL,
  balance_after numeric(38, 18) NOT NULL,
  order_id uuid,
  execution_id text,
  symbol text,
  quantity numeric(29, 9),
  price numeric(29, 9),
  description text NOT NULL,
  external_reference text,
  transaction_date timestamptz NOT NULL,
  settles_at timestamptz,
  event_id uuid NOT NULL,
  line integer NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (sequence, line)
);
