import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import { outsideReference } from '#commands/ports/statement-line.ts';
import type { Instant } from '#domain/time.ts';
import { textOfFile } from './csv-table.ts';
import { jsonRows } from './json-rows.ts';
import { parseJsonStatement } from './json-statement.ts';
import {
  layoutNames,
  type ReadStatement,
  readStatements,
  type StatementFile,
  symbolsIn,
} from './read-statements.ts';
import { readingOf, StatementUnreadable } from './statement-unreadable.ts';

/** A statement as one JSON document, which tells the ends too and calls things as it likes. */
const document = 'json-statement';

/** Every name that `--layout` takes where a statement is compared. */
export const statementLayouts: readonly string[] = [...layoutNames, document];

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Lines of JSON hold an object each, with a `kind` or the stream of an event. */
const isLineOfJson = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && ('kind' in value || 'stream' in value);
  } catch {
    return false;
  }
};

/** How many lines are looked at: a broken one among the first is a problem of its row, not of the file. */
const linesTried = 20;

const isDocument = (text: string): boolean =>
  /^\s*\ufeff?\s*\{/.test(text) &&
  !jsonRows(text)
    .slice(0, linesTried)
    .some((row) => isLineOfJson(row.text));

const isToBeDocument = ({ name, bytes }: StatementFile, layout: string | undefined): boolean =>
  layout === document ||
  (layout === undefined && readingOf(name, () => isDocument(textOfFile(bytes))));

/** A line as everybody outside its source calls it, and as an import books it. */
const outside = (source: string, line: StatementLine): StatementLine => {
  const reference = outsideReference(source, line.reference);
  return line.kind === 'bust' || line.kind === 'correction'
    ? { ...line, reference, trade: outsideReference(source, line.trade) }
    : { ...line, reference };
};

const saidIn = ({ row: _, ...line }: StatementLine): string =>
  JSON.stringify(line, (_key, value) => (typeof value === 'bigint' ? `${value}` : value));

/** Lines of all files, each once: files that overlap tell the same lines. */
const linesOfAll = (files: readonly ReadStatement[]): readonly StatementLine[] => {
  const told = new Set<string>();
  return files.flatMap(({ statement: { source, lines } }) => {
    const all = lines.map((line) => outside(source, line));
    const fresh = all.filter((line) => !told.has(saidIn(line)));
    for (const line of fresh) told.add(saidIn(line));
    return fresh;
  });
};

const first = (times: readonly (Instant | null)[]): Instant | null =>
  times.filter((at) => at !== null).sort()[0] ?? null;
const last = (times: readonly (Instant | null)[]): Instant | null =>
  times
    .filter((at) => at !== null)
    .sort()
    .at(-1) ?? null;

/** Files of one broker as one statement. Throws StatementUnreadable where they are of several. */
const merged = (files: readonly ReadStatement[]): BrokerStatement => {
  const statements = files.map(({ statement }) => statement);
  const [one] = statements;
  if (one === undefined) throw new StatementUnreadable('There is no file.');
  const { source } = one;
  const sources = [...new Set(statements.map((statement) => statement.source))];
  if (sources.length > 1) {
    throw new StatementUnreadable(
      `The files are of several sources (${sources.join(', ')}): compare one at a time.`,
    );
  }
  const lines = linesOfAll(files);
  const to = last(statements.map((statement) => statement.to));
  return {
    source,
    lines: lines.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
    positions: null,
    // Two files may tell it of two moments.
    cash: statements.length === 1 ? one.cash : null,
    from: first(statements.map((statement) => statement.from)),
    to,
    problems: files.flatMap(({ file, statement: { problems } }) =>
      problems.map((problem) => ({ file, ...problem })),
    ),
  };
};

/**
 * Reads a broker's statement, from several files where it exports several: any layout that is imported, its references
 * as an import books them, or one JSON document, its references as they stand. Throws StatementUnreadable.
 */
export const readStatement = (
  files: readonly StatementFile[],
  {
    layout,
    symbols,
  }: { readonly layout: string | undefined; readonly symbols: StatementFile | null },
): BrokerStatement => {
  const whole = files.find((file) => isToBeDocument(file, layout));
  if (whole === undefined) {
    return merged(readStatements(files, { layout, symbols: symbolsIn(symbols) }));
  }
  return readingOf(whole.name, () => {
    if (files.length > 1) {
      throw new StatementUnreadable('It is a whole statement: compare it alone.');
    }
    return parseJsonStatement(textOfFile(whole.bytes));
  });
};
