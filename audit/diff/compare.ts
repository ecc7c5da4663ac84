import type { AccountId } from '#domain/ids.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { type KeyColumn, primaryKeys } from '#projections/ports/table-keys.ts';
import type { Build } from '../ports/builds.ts';
import { type CellKinds, cellText } from '../verify/cells.ts';

export type CellDifference = {
  readonly column: string;
  readonly a: string | null;
  readonly b: string | null;
};

/** A row that two builds do not agree on. */
export type Difference = {
  readonly table: string;
  readonly key: Readonly<Record<string, string>>;
  readonly kind: 'only_in_a' | 'only_in_b' | 'cells_differ';
  readonly cells: readonly CellDifference[];
  readonly a: StoredRow | null;
  readonly b: StoredRow | null;
};

/** How much of a table the two agree on. */
export type TableSummary = {
  readonly table: string;
  rowsInA: number;
  rowsInB: number;
  onlyInA: number;
  onlyInB: number;
  differing: number;
};

/** Columns that only say where in the log a row is. */
const places: ReadonlySet<string> = new Set(['sequence', 'changed_sequence']);

async function* oneByOne(
  pages: AsyncIterable<readonly StoredRow[]>,
): AsyncGenerator<StoredRow, void, void> {
  for await (const page of pages) yield* page;
}

const textOf = (row: StoredRow, column: string): string => String(row[column]);

const isNumber = (type: KeyColumn[1]): boolean => type === 'bigint' || type === 'integer';

/** < 0: `left` comes first. As the builds order their rows. */
export const compareKeys = (
  key: readonly KeyColumn[],
  left: StoredRow,
  right: StoredRow,
): number => {
  for (const [column, type] of key) {
    const [one, other] = [textOf(left, column), textOf(right, column)];
    if (one === other) continue;
    if (isNumber(type)) return Number(one) - Number(other);
    return Buffer.compare(Buffer.from(one), Buffer.from(other));
  }
  return 0;
};

export type CompareOptions = {
  readonly accountId: AccountId | null;
  /** Whether columns that only say where in the log a row is count as well. */
  readonly withSequences: boolean;
};

const differingCells = (
  a: StoredRow,
  b: StoredRow,
  kinds: CellKinds,
  { withSequences }: CompareOptions,
): readonly CellDifference[] => {
  const cells: CellDifference[] = [];
  for (const column of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (!withSequences && places.has(column)) continue;
    const kind = kinds[column] ?? 'text';
    const [left, right] = [cellText(kind, a[column]), cellText(kind, b[column])];
    if (left !== right) cells.push({ column, a: left, b: right });
  }
  return cells;
};

type Pair = readonly [a: StoredRow | null, b: StoredRow | null];

/** The rows of both under the same key together, in the order of their keys: a merge join. */
async function* paired(
  a: AsyncIterable<readonly StoredRow[]>,
  b: AsyncIterable<readonly StoredRow[]>,
  key: readonly KeyColumn[],
): AsyncGenerator<Pair, void, void> {
  const [left, right] = [oneByOne(a), oneByOne(b)];
  const next = async (rows: AsyncGenerator<StoredRow, void, void>): Promise<StoredRow | null> => {
    const { done, value } = await rows.next();
    return done === true ? null : value;
  };
  let one = await next(left);
  let other = await next(right);
  while (one !== null || other !== null) {
    const order = one === null ? 1 : other === null ? -1 : compareKeys(key, one, other);
    yield [order <= 0 ? one : null, order >= 0 ? other : null];
    if (order <= 0) one = await next(left);
    if (order >= 0) other = await next(right);
  }
}

const keyTexts = (key: readonly KeyColumn[], row: StoredRow): Readonly<Record<string, string>> =>
  Object.fromEntries(key.map(([column]) => [column, textOf(row, column)]));

const count = (summary: TableSummary, [a, b]: Pair): void => {
  if (a !== null) summary.rowsInA += 1;
  if (b !== null) summary.rowsInB += 1;
  if (b === null) summary.onlyInA += 1;
  if (a === null) summary.onlyInB += 1;
};

/** The rows of a table that two builds do not agree on, by key. Cells are compared by what they mean: 1.0 is 1.00. */
export async function* differencesIn(
  summary: TableSummary,
  a: Build,
  b: Build,
  options: CompareOptions,
): AsyncGenerator<Difference, void, void> {
  const { table } = summary;
  const key = primaryKeys[table] ?? [];
  const kinds: CellKinds = { ...(await b.kinds(table)), ...(await a.kinds(table)) };
  const { accountId } = options;
  for await (const pair of paired(a.rows(table, accountId), b.rows(table, accountId), key)) {
    count(summary, pair);
    const [left, right] = pair;
    const row = left ?? right;
    if (row === null) continue;
    const common = { table, key: keyTexts(key, row), a: left, b: right };
    if (left === null) yield { ...common, kind: 'only_in_b', cells: [] };
    else if (right === null) yield { ...common, kind: 'only_in_a', cells: [] };
    else {
      const cells = differingCells(left, right, kinds, options);
      if (cells.length === 0) continue;
      summary.differing += 1;
      yield { ...common, kind: 'cells_differ', cells };
    }
  }
}
