-- Every mark; excursions and history are computed from it.
CREATE TABLE price_marks (
  symbol text NOT NULL,
  session date NOT NULL,
  open numeric(29, 9) NOT NULL,
  high numeric(29, 9) NOT NULL,
  low numeric(29, 9) NOT NULL,
  close numeric(29, 9) NOT NULL,
  source text NOT NULL,
  marked_at timestamptz NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (symbol, sequence)
);
