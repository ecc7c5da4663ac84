-- The account statement: signed, with the exact balance after each line.
CREATE TABLE transactions (
  account_id uuid NOT NULL,
  type text NOT NULL,
  amount numeric NOT NULL,
  balance_after numeric NOT NULL,
  order_id uuid,
  execution_id text,
  symbol text,
  quantity numeric,
  price numeric,
  description text NOT NULL,
  external_reference text,
  transaction_date timestamptz NOT NULL,
  settles_at timestamptz,
  event_id uuid NOT NULL,
  line integer NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (sequence, line)
);
