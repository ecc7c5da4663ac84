import {
  type Cash,
  formatCash,
  formatPrice,
  formatQuantity,
  type Price,
  type Quantity,
} from '#domain/money.ts';

/** Exact decimals, as cells are compared. */
export const cash = (value: bigint): string => formatCash(value as Cash);
export const price = (value: bigint): string => formatPrice(value as Price);
export const shares = (value: bigint): string => formatQuantity(value as Quantity);

export const ifAny = <T>(
  value: T | null | undefined,
  write: (value: T) => string,
): string | null => (value === null || value === undefined ? null : write(value));
