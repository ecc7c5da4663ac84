/** A scaled whole number as the shortest exact decimal; written digit by digit, for there are millions of them. */
const decimalOf = (value: bigint, places: number): string => {
  if (value === 0n) return '0';
  const sign = value < 0n ? '-' : '';
  const digits = String(value < 0n ? -value : value).padStart(places + 1, '0');
  const point = digits.length - places;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === 48) end -= 1;
  const whole = sign + digits.slice(0, point);
  return end === point ? whole : `${whole}.${digits.slice(point, end)}`;
};

/** Exact decimals, as cells are compared. */
export const cash = (value: bigint): string => decimalOf(value, 18);
export const price = (value: bigint): string => decimalOf(value, 9);
export const shares = (value: bigint): string => decimalOf(value, 9);

export const ifAny = <T>(
  value: T | null | undefined,
  write: (value: T) => string,
): string | null => (value === null || value === undefined ? null : write(value));
