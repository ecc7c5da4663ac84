import { divide, type Price, parseCash, type Quantity } from '#domain/money.ts';
import type { Bar } from './bar.ts';
import { BarFileError, type BarFileErrorCode } from './bar-file-error.ts';
import type { Line } from './read-lines.ts';

/** One row while it is read: knows where it stands, so that every complaint can say so. */
export type Row = {
  readonly fail: (code: BarFileErrorCode, detail: string) => never;
  readonly price: (text: string | undefined, column: string) => Price;
  readonly volume: (text: string | undefined) => Quantity;
};

const nineDecimals = 10n ** 9n;

/** Reads up to eighteen decimals and keeps the nine that a Price or Quantity holds, half-even. */
const nine = (text: string): bigint | undefined => {
  const exact = parseCash(text);
  return typeof exact === 'string' ? undefined : divide(exact, nineDecimals);
};

export const rowAt = (file: string, line: Line): Row => {
  const fail = (code: BarFileErrorCode, detail: string): never => {
    throw new BarFileError(code, file, line.number, detail);
  };
  return {
    fail,
    price: (text, column) => {
      const value = nine(text ?? '');
      return value === undefined || value <= 0n
        ? fail('bad_price', `${column} is "${text ?? ''}"`)
        : (value as Price);
    },
    volume: (text) => {
      const value = nine(text ?? '');
      return value === undefined || value < 0n
        ? fail('bad_volume', `volume is "${text ?? ''}"`)
        : (value as Quantity);
    },
  };
};

/** The bar itself, once open and close are seen to lie between low and high. */
export const checkedBar = (row: Row, bar: Bar): Bar => {
  const { open, high, low, close } = bar;
  if (low > open || low > close || high < open || high < close) {
    return row.fail('inconsistent_prices', 'open or close is outside low to high');
  }
  return bar;
};
