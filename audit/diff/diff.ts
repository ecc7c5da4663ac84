import type { AccountId } from '#domain/ids.ts';
import { primaryKeys } from '#projections/ports/table-keys.ts';
import type { Build, BuildFacts } from '../ports/builds.ts';
import type { LogReader } from '../ports/log-reader.ts';
import { type Cause, causesOf } from './cause.ts';
import { type Difference, differencesIn, type TableSummary } from './compare.ts';

export type DiffOptions = {
  readonly tables: readonly string[];
  readonly accountId: AccountId | null;
  /** Differing rows that are named; all are counted. */
  readonly limit: number;
  readonly withSequences: boolean;
  /** Told how many rows have been compared; throws once it is to end. */
  readonly onProgress: (rows: number) => void;
};

export type ExplainedDifference = Omit<Difference, 'a' | 'b'> & { readonly cause: Cause | null };

export type DiffReport = {
  readonly a: BuildFacts & { readonly name: string };
  readonly b: BuildFacts & { readonly name: string };
  readonly tables: readonly TableSummary[];
  readonly differences: { readonly count: number; readonly first: readonly ExplainedDifference[] };
};

/** Tables whose rows are an account's. The others are the markets', of which one account sees only a part. */
const accountTables = Object.keys(primaryKeys).filter(
  (table) => table !== 'market_data_cache' && table !== 'price_marks',
);

/** What two builds can be compared in, where nothing else is asked for. */
export const comparableTables = (accountId: AccountId | null): readonly string[] =>
  accountId === null ? Object.keys(primaryKeys) : accountTables;

/** Two sides that cannot be compared as asked. */
export class NotComparable extends Error {
  override readonly name = 'NotComparable';
}

/** The one account that can be compared; null for all. */
export const commonAccount = (
  a: Pick<Build, 'facts'>,
  b: Pick<Build, 'facts'>,
  asked: AccountId | null,
): AccountId | null => {
  const all = [asked, a.facts.accountId, b.facts.accountId].filter((id) => id !== null);
  const [first, ...others] = new Set(all);
  if (others.length > 0)
    throw new NotComparable(`They are of different accounts: ${all.join(', ')}.`);
  return first ?? null;
};

const emptySummary = (table: string): TableSummary => ({
  table,
  rowsInA: 0,
  rowsInB: 0,
  onlyInA: 0,
  onlyInB: 0,
  differing: 0,
});

/** Compares two builds row by row and cell by cell, and names the event behind each difference that is listed. */
export const diffBuilds = async (
  log: LogReader,
  a: Build,
  b: Build,
  { tables, limit, onProgress, ...options }: DiffOptions,
): Promise<DiffReport> => {
  const summaries: TableSummary[] = [];
  const listed: Difference[] = [];
  let found = 0;
  for (const table of tables) {
    const summary = emptySummary(table);
    summaries.push(summary);
    for await (const difference of differencesIn(summary, a, b, options)) {
      found += 1;
      if (listed.length < limit) listed.push(difference);
      onProgress(summaries.reduce((sum, { rowsInA }) => sum + rowsInA, 0));
    }
    onProgress(summaries.reduce((sum, { rowsInA }) => sum + rowsInA, 0));
  }
  const causes = await causesOf(log, [a, b], listed);
  const first = listed.map((difference): ExplainedDifference => {
    const { a: _, b: __, ...said } = difference;
    return { ...said, cause: causes.get(difference) ?? null };
  });
  const factsOf = ({ name, facts }: Build) => ({ name, ...facts });
  return { a: factsOf(a), b: factsOf(b), tables: summaries, differences: { count: found, first } };
};
