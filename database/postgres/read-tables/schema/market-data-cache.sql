-- The latest mark of each symbol.
CREATE TABLE market_data_cache (
  symbol text NOT NULL,
  price numeric(29, 9) NOT NULL,
  session date NOT NULL,
  open numeric(29, 9) NOT NULL,
  high numeric(29, 9) NOT NULL,
  low numeric(29, 9) NOT NULL,
  close numeric(29, 9) NOT NULL,
  prev_close numeric(29, 9),
  source text NOT NULL,
  marked_at timestamptz NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (symbol)
) WITH (fillfactor = 50);
