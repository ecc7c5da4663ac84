import type { BrokerStatement } from '#commands/ports/broker-statement.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import type { CsvTable } from './csv-table.ts';
import type { FindSymbol } from './symbols.ts';

/** A broker's form of CSV. */
export type CsvLayout = {
  readonly name: string;
  readonly title: string;
  /** What its times mean, for the documentation. */
  readonly times: string;
  readonly recognises: (header: readonly string[]) => boolean;
  /** What the rows themselves say of instruments' symbols; for this file and those read with it. */
  readonly symbolsIn?: (table: CsvTable) => ReadonlyMap<string, Ticker>;
  readonly read: (table: CsvTable, find: FindSymbol) => BrokerStatement;
};

/** The cells of a row by their column's name, empty where there is none. */
export const columnsOf = (header: readonly string[]) => {
  const places = new Map(header.map((name, place) => [name.toLowerCase(), place]));
  return (cells: readonly string[], name: string): string => {
    const place = places.get(name.toLowerCase());
    return place === undefined ? '' : (cells[place] ?? '');
  };
};

/** What a word of a row is read as; undefined for one that the table does not have. */
export const meaningOf = <Meaning>(
  table: Readonly<Record<string, Meaning>>,
  word: string,
): Meaning | undefined => (Object.hasOwn(table, word) ? table[word] : undefined);

/** Whether a header has all of these columns, in any order and case. */
export const hasColumns = (header: readonly string[], ...names: readonly string[]): boolean => {
  const known = new Set(header.map((name) => name.toLowerCase()));
  return names.every((name) => known.has(name.toLowerCase()));
};
