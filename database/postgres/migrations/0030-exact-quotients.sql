-- numerator / denominator to so many decimals, settled half to even, as domain/money.ts does. The operator `/` keeps sixteen
-- significant digits only, and round() settles halves away from zero: a view would show another number than the API.
CREATE FUNCTION ledger.quotient(numerator numeric, denominator numeric, decimals integer) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  scaled numeric := numerator * power(10::numeric, decimals);
  cut numeric := div(scaled, denominator);
  twice_left numeric := 2 * abs(scaled - cut * denominator);
BEGIN
  IF twice_left > abs(denominator) OR (twice_left = abs(denominator) AND mod(cut, 2) <> 0) THEN
    cut := cut + sign(numerator) * sign(denominator);
  END IF;
  RETURN round(cut * power(10::numeric, -decimals), decimals);
END
$$;
