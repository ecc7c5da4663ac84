import type { BrokerStatement } from '#commands/ports/broker-statement.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import { type CsvTable, csvTable, textOfFile } from './csv-table.ts';
import { degiro } from './degiro.ts';
import { ibkr } from './ibkr.ts';
import { readJsonLines } from './json-lines.ts';
import { type JsonRow, jsonRows } from './json-rows.ts';
import type { CsvLayout } from './layout.ts';
import { readLedgerEvents } from './ledger-events.ts';
import { schwab } from './schwab.ts';
import { readingOf, StatementUnreadable } from './statement-unreadable.ts';
import { readSymbolTable, type SymbolTable, symbolFinder } from './symbols.ts';
import { trading212 } from './trading212.ts';

export const csvLayouts: readonly CsvLayout[] = [ibkr, schwab, degiro, trading212];

const jsonLayouts = { 'json-lines': readJsonLines, 'ledger-events': readLedgerEvents } as const;
type JsonLayoutName = keyof typeof jsonLayouts;
const isJsonLayout = (name: string | undefined): name is JsonLayoutName =>
  name !== undefined && Object.hasOwn(jsonLayouts, name);

/** Every name that `--layout` takes. */
export const layoutNames: readonly string[] = [
  ...csvLayouts.map(({ name }) => name),
  ...Object.keys(jsonLayouts),
];

export type StatementFile = { readonly name: string; readonly bytes: Uint8Array };

/** A file that was read, and as what. */
export type ReadStatement = {
  readonly file: string;
  readonly layout: string;
  readonly statement: BrokerStatement;
};

type Opened = { readonly file: string } & (
  | { readonly layout: CsvLayout; readonly table: CsvTable }
  | { readonly layout: JsonLayoutName; readonly rows: readonly JsonRow[] }
);

const looksLikeEvents = (rows: readonly JsonRow[]): boolean =>
  /^\{"sequence":|"stream":"/.test(rows[0]?.text ?? '');

const openJson = (text: string, forced: JsonLayoutName | undefined) => {
  const rows = jsonRows(text);
  const found = looksLikeEvents(rows) ? 'ledger-events' : 'json-lines';
  return { layout: forced ?? found, rows };
};

const openCsv = (text: string, forced: string | undefined) => {
  const table = csvTable(text);
  const layout = csvLayouts.find(({ name, recognises }) =>
    forced === undefined ? recognises(table.header) : name === forced && recognises(table.header),
  );
  if (layout !== undefined) return { layout, table };
  const header = table.header.join(', ').slice(0, 200);
  throw new StatementUnreadable(
    forced === undefined
      ? `Its header is of no layout we know (${layoutNames.join(', ')}): ${header}`
      : `Its header is not that of ${forced}: ${header}`,
  );
};

const openFile = ({ name: file, bytes }: StatementFile, forced: string | undefined): Opened =>
  readingOf(file, () => {
    const text = textOfFile(bytes);
    if (text.trim() === '') throw new StatementUnreadable('It is empty.');
    if (isJsonLayout(forced)) return { file, ...openJson(text, forced) };
    const isJson = forced === undefined && /^\s*\ufeff?\s*\{/.test(text);
    return { file, ...(isJson ? openJson(text, undefined) : openCsv(text, forced)) };
  });

/** The table of a file, none where there is no file. Throws StatementUnreadable. */
export const symbolsIn = (file: StatementFile | null): SymbolTable =>
  file === null ? new Map() : readingOf(file.name, () => readSymbolTable(textOfFile(file.bytes)));

/**
 * Reads files as statements, each by its layout or by the one that is forced. What one file says of an instrument's
 * symbol holds for all; the table given holds before that. Throws StatementUnreadable where a file is none.
 */
export const readStatements = (
  files: readonly StatementFile[],
  { layout, symbols }: { readonly layout: string | undefined; readonly symbols: SymbolTable },
): readonly ReadStatement[] => {
  const opened = files.map((file) => openFile(file, layout));
  const known = new Map<string, Ticker>();
  for (const one of opened) {
    if (!('table' in one)) continue;
    for (const [name, symbol] of one.layout.symbolsIn?.(one.table) ?? []) known.set(name, symbol);
  }
  for (const [name, symbol] of symbols) known.set(name, symbol);
  const find = symbolFinder(known);
  return opened.map((one) =>
    'table' in one
      ? { file: one.file, layout: one.layout.name, statement: one.layout.read(one.table, find) }
      : { file: one.file, layout: one.layout, statement: jsonLayouts[one.layout](one.rows) },
  );
};
