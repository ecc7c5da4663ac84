-- The latest mark of each symbol.
CREATE TABLE market_data_cache (
  symbol text NOT NULL,
  price numeric NOT NULL,
  session date NOT NULL,
  open numeric NOT NULL,
  high numeric NOT NULL,
  low numeric NOT NULL,
  close numeric NOT NULL,
  prev_close numeric,
  source text NOT NULL,
  marked_at timestamptz NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (symbol)
) WITH (fillfactor = 50);
