-- Every mark; excursions and history are computed from it.
CREATE TABLE price_marks (
  symbol text NOT NULL,
  session date NOT NULL,
  open numeric NOT NULL,
  high numeric NOT NULL,
  low numeric NOT NULL,
  close numeric NOT NULL,
  source text NOT NULL,
  marked_at timestamptz NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (symbol, sequence)
);
