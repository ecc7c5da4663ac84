import type { Symbol as Ticker } from '#domain/ids.ts';
import { csvTable } from './csv-table.ts';
import { RowTrouble } from './row-trouble.ts';
import { StatementUnreadable } from './statement-unreadable.ts';

/** A ticker as this ledger writes it. */
export const tickerPattern = /^[A-Z0-9][A-Z0-9.-]{0,14}$/;

/** A text as a ticker (`BRK.B` for `BRK/B`); undefined where it is none. */
export const tickerOf = (text: string): Ticker | undefined => {
  const ticker = text
    .trim()
    .toUpperCase()
    .replace(/[/ ](?=[A-Z]{1,2}$)/, '.');
  return tickerPattern.test(ticker) ? (ticker as Ticker) : undefined;
};

/** What a broker calls an instrument (ISIN, CUSIP, its own ticker), to our symbol. */
export type SymbolTable = ReadonlyMap<string, Ticker>;

/** Reads `ISIN,SYMBOL` lines, with or without a heading. Throws StatementUnreadable. */
export const readSymbolTable = (text: string): SymbolTable => {
  if (text.trim() === '') return new Map();
  const { header, rows } = csvTable(text);
  const isHeading = header[1]?.toLowerCase() === 'symbol';
  const table = new Map<string, Ticker>();
  const all = [...(isHeading ? [] : [{ number: 1, cells: header }]), ...rows];
  for (const { number, cells } of all) {
    const [name = '', symbol = '', ...more] = cells;
    const ticker = tickerOf(symbol);
    if (name === '' || ticker === undefined || more.some((cell) => cell !== '')) {
      throw new StatementUnreadable(`not NAME,SYMBOL: ${cells.join(',')}`, { line: number });
    }
    table.set(name.toUpperCase(), ticker);
  }
  return table;
};

/** Finds the symbol of what a row names; throws RowTrouble `symbol_unknown`. The table comes before the row's own ticker. */
export const symbolFinder =
  (table: SymbolTable) =>
  (isin: string, ticker = ''): Ticker => {
    const named = [isin, ticker].map((name) => table.get(name.trim().toUpperCase()));
    const found = named.find((symbol) => symbol !== undefined) ?? tickerOf(ticker);
    if (found !== undefined) return found;
    const name = isin === '' ? `"${ticker}"` : isin;
    throw new RowTrouble(
      'symbol_unknown',
      `no symbol is known of ${name}; give --symbols FILE with a line ${isin || 'NAME'},SYMBOL`,
    );
  };

export type FindSymbol = ReturnType<typeof symbolFinder>;
