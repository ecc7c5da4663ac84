import { hash } from 'node:crypto';
import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import { roundingReference } from '#commands/ports/statement-line.ts';
import type { AccountId } from '#domain/ids.ts';
import { type BreakType, breakTypes } from '#domain/reconciliation/break-types.ts';
import type { Break } from '#domain/reconciliation/events.ts';
import type { Instant } from '#domain/time.ts';
import { agreedOf } from './agreed.ts';
import { asBooked, type NotCompared } from './as-booked.ts';
import { type Balances, balanceBreaks, balancesOf } from './balances.ts';
import { brokersId, type OurBooks } from './books.ts';
import { cashBreaks } from './cash-breaks.ts';
import type { Context, StatementScope } from './context.ts';
import { fillBreaks } from './fill-breaks.ts';
import { matchCash } from './match-cash.ts';
import { type FillMatches, matchFills } from './match-fills.ts';
import { splitBreaks } from './split-breaks.ts';

/** Calendar days that the same thing may be booked apart: a long weekend and a day. */
export const slackDays = 5;

/** An account's books against a statement: what differs, and whether that explains the ends. */
export type Reconciliation = {
  readonly accountId: AccountId;
  readonly source: string;
  readonly scope: StatementScope;
  /** SHA-256, hex, of what the statement says. */
  readonly statementDigest: string;
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** Rows of the statement that were compared, and those that agree. */
  readonly lines: number;
  readonly matched: number;
  /** The kinds of break that such a statement can show. */
  readonly kinds: readonly BreakType[];
  /** The references of the rows that were compared. */
  readonly compared: ReadonlySet<string>;
  /** What of ours rows were matched with and agree: executions and events, by id. */
  readonly agreed: ReadonlySet<string>;
  readonly counts: Readonly<Partial<Record<BreakType, number>>>;
  readonly breaks: readonly Break[];
  readonly balances: Balances;
  /** Rows that could not be taken, or say what nothing can be compared with. */
  readonly notCompared: readonly NotCompared[];
  /** Why holdings and cash at the end are not compared although the statement may say them; null where they are. */
  readonly endsNotCompared: string | null;
  /** The last event of the account that was compared. */
  readonly sequence: number;
};

const plain = (name: string, value: unknown): unknown => {
  if (name === 'row' || name === 'problems' || name === 'notes') return undefined;
  return typeof value === 'bigint' ? `${value}` : value;
};

/** What a statement says, as a digest: the same for the same statement, wherever in a file its rows are. */
export const statementDigest = (statement: BrokerStatement): string =>
  hash('sha256', JSON.stringify(statement, plain));

const ofKind = <Kind extends StatementLine['kind']>(
  lines: readonly StatementLine[],
  ...kinds: readonly Kind[]
): readonly Extract<StatementLine, { readonly kind: Kind }>[] =>
  lines.filter((line): line is Extract<StatementLine, { readonly kind: Kind }> =>
    kinds.some((kind) => kind === line.kind),
  );

const inOrder = (left: Break, right: Break): number => {
  if (left.at !== right.at) return left.at < right.at ? -1 : 1;
  if (left.kind !== right.kind) {
    return breakTypes.indexOf(left.kind) - breakTypes.indexOf(right.kind);
  }
  return left.breakId < right.breakId ? -1 : 1;
};

const countsOf = (breaks: readonly Break[]): Reconciliation['counts'] => {
  const counts: Partial<Record<BreakType, number>> = {};
  for (const kind of breakTypes) {
    const count = breaks.filter((one) => one.kind === kind).length;
    if (count > 0) counts[kind] = count;
  }
  return counts;
};

/** Rows that are about a break: all others agree with our books. What rounding came to is of its trade's row. */
const rowsOf = (breaks: readonly Break[]): number =>
  new Set(
    breaks.flatMap(({ theirs }) => {
      const [row, reference] = [theirs?.['row'], theirs?.['reference']];
      return row == null ? [] : [`${row} ${reference?.replace(/:rounding$/, '')}`];
    }),
  ).size;

/** What of a statement and of the books a source's statements are good for. */
const within = (
  scope: StatementScope,
  statement: BrokerStatement,
  books: OurBooks,
): { readonly statement: BrokerStatement; readonly books: OurBooks } =>
  scope === 'everything'
    ? { statement, books }
    : {
        statement: {
          ...statement,
          lines: ofKind(statement.lines, 'trade'),
          positions: null,
          cash: null,
        },
        books: { ...books, movements: [] },
      };

const ofExecutions: readonly BreakType[] = [
  'missing_fill',
  'unknown_fill',
  'duplicate_fill',
  'quantity',
  'price',
  'timing',
];

const kindsOf = (scope: StatementScope, { positions, cash, problems }: BrokerStatement) => {
  // A row that could not be taken may be the very one that a break of before is about.
  if (problems.length > 0) return [];
  return scope === 'executions'
    ? ofExecutions
    : breakTypes.filter(
        (kind) =>
          (kind !== 'position' || positions !== null) && (kind !== 'cash_balance' || cash !== null),
      );
};

/** What trades that were paired under different names are rounded by: theirs to ours. */
const roundingsOf = ({ pairs }: FillMatches): ReadonlyMap<string, string> =>
  new Map(
    pairs.map(({ theirs, ours }) => [
      roundingReference(theirs.reference),
      roundingReference(brokersId(ours)),
    ]),
  );

/** The ends say nothing where rows before them could not be taken. */
const comparableEnds = (statement: BrokerStatement): BrokerStatement =>
  statement.problems.length === 0 ? statement : { ...statement, positions: null, cash: null };

/** Compares a statement with the books. Pure: the same two always give the same breaks in the same order. */
export const reconcile = (
  given: BrokerStatement,
  ourBooks: OurBooks,
  scope: StatementScope,
): Reconciliation => {
  const { statement, books } = within(scope, comparableEnds(given), ourBooks);
  const { lines, from, to, source, problems } = statement;
  const period = { from, to };
  const isWhole = scope === 'everything';
  const told = asBooked(statement, books, slackDays);
  const { splits, ratios, absorbed } = told;
  const theirSplits = [...splits.pairs.map(({ theirs }) => theirs), ...splits.missing].map(
    (line) => ({ line, ratio: ratios.get(line) ?? null }),
  );
  const context: Context = {
    accountId: books.accountId,
    statement,
    books,
    period,
    bookedIds: new Set(books.fills.map(({ executionId }) => executionId)),
    statesFees: isWhole,
    theirSplits: theirSplits.toSorted((a, b) => (a.line.at < b.line.at ? -1 : 1)),
    absorbed,
  };
  const limits = { period, slackDays, statesFees: isWhole };
  const fills = matchFills(told.trades, told.fills, limits);
  const sameAs = roundingsOf(fills);
  const cash = isWhole ? matchCash(told.moves, told.movements, sameAs, limits) : null;
  const found = [
    ...fillBreaks(context, fills, told.takenBack),
    ...(cash === null ? [] : cashBreaks(context, cash)),
    ...(isWhole ? splitBreaks(context, splits) : []),
  ];
  const balances = balancesOf(context, found);
  const end = to ?? books.latestAt;
  const breaks = [...found, ...balanceBreaks(context, balances, end)].sort(inOrder);
  const notCompared = [...problems, ...told.notCompared].sort((a, b) => a.row - b.row);
  return {
    accountId: books.accountId,
    source,
    scope,
    statementDigest: statementDigest(given),
    from,
    to,
    lines: lines.length,
    matched: lines.length - rowsOf(found) - told.notCompared.length,
    kinds: kindsOf(scope, statement),
    compared: new Set(
      [...told.trades, ...told.moves, ...theirSplits.map(({ line }) => line)].map(
        ({ reference }) => reference,
      ),
    ),
    agreed: agreedOf({ fills, cash, splits: isWhole ? splits : null }, found),
    counts: countsOf(breaks),
    breaks,
    balances,
    notCompared,
    endsNotCompared:
      problems.length > 0 ? `rows that could not be taken: ${problems.length}` : null,
    sequence: books.sequence,
  };
};
