import { createHash } from 'node:crypto';
import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { type Instant, instant } from '#domain/time.ts';
import type { FillRecord } from '#projections/order-fills/table.ts';
import type { Table } from '#projections/table.ts';
import type { Tables } from '#projections/tables.ts';
import type { KeptRow, KeptTable, Segment } from '../ports/past.ts';
import {
  readFacts,
  type SegmentFacts,
  writeFacts,
  writeFillTimes,
  writeOrderTimes,
} from './facts.ts';
import type { Facts, Happening } from './truth.ts';

/** A key of a table as it is kept: the account is known anyway. */
export const plainKey = (accountId: AccountId, key: string): string =>
  key.startsWith(`${accountId}/`) ? key.slice(accountId.length + 1) : key;

const nothing = {
  place: 0,
  symbol: null,
  side: null,
  status: null,
  at: null,
  open: false,
  reference: null,
  settlesAt: null,
  times: null,
} as const;

const openStatuses: ReadonlySet<string> = new Set([
  'submitted',
  'accepted',
  'partially_filled',
  'pending_cancel',
  'pending_replace',
]);

/** Whether a sale's cash counts as unsettled until it settles: one that cost more than it brought is paid at once. */
export const settlesLater = (fill: FillRecord): boolean =>
  fill.side === 'sell' &&
  (fill.status === 'booked' || fill.status === 'corrected') &&
  fill.value > fill.commission;

type Made = { readonly key: string; readonly row: KeptRow | null };

const madeIn = <Row>(
  accountId: AccountId,
  table: Table<Row>,
  kept: (row: Row) => Omit<KeptRow, 'table' | 'key' | 'row'> | null,
): readonly (Made & { readonly table: KeptTable })[] => {
  const name = table.shape.name as KeptTable;
  return [...table.changes()].map(([full, row]) => {
    const key = plainKey(accountId, full);
    const rest = row === null ? null : kept(row);
    if (row === null || rest === null) return { table: name, key, row: null };
    const text = JSON.stringify(table.shape.encode(row));
    return { table: name, key, row: { table: name, key, ...rest, row: text } };
  });
};

/** Everything that changed in the tables, as it is kept; null for what is gone. */
const allMade = (accountId: AccountId, tables: Tables, facts: Facts) => [
  ...madeIn(accountId, tables.accounts, () => nothing),
  ...madeIn(accountId, tables.orders, (order) => {
    const times = facts.orders.get(order.orderId);
    return {
      ...nothing,
      place: order.createdSequence,
      symbol: order.symbol,
      side: order.side,
      status: order.status,
      at: order.submittedAt,
      open: openStatuses.has(order.status),
      reference: order.clientOrderId,
      times: times === undefined ? null : writeOrderTimes(times),
    };
  }),
  ...madeIn(accountId, tables.orderFills, (fill) => {
    const times = facts.fills.get(fill.executionId);
    return {
      ...nothing,
      place: fill.createdSequence,
      symbol: fill.symbol,
      side: fill.side,
      status: fill.status,
      at: fill.executedAt,
      reference: fill.orderId,
      settlesAt: settlesLater(fill) ? fill.settlesAt : null,
      times: times === undefined ? null : writeFillTimes(times),
    };
  }),
  ...madeIn(accountId, tables.positions, ({ symbol }) => ({ ...nothing, symbol, open: true })),
  ...madeIn(accountId, tables.positionHistory, (closed) => ({
    ...nothing,
    place: closed.createdSequence,
    symbol: closed.symbol,
    side: closed.side,
    at: closed.closedAt,
  })),
  // Nobody asks for lots of which nothing is left.
  ...madeIn(accountId, tables.lots, (lot) =>
    lot.closedAt === null
      ? { ...nothing, place: lot.createdSequence, symbol: lot.symbol, open: true }
      : null,
  ),
  ...madeIn(accountId, tables.portfolioSnapshots, ({ at }) => ({ ...nothing, at })),
];

const byName = (left: KeptRow, right: KeptRow): number => {
  if (left.table !== right.table) return left.table < right.table ? -1 : 1;
  return left.key < right.key ? -1 : 1;
};

/** What is kept of the changes; of rows that are gone only those that stood before. */
const keptRows = async (
  accountId: AccountId,
  tables: Tables,
  facts: Facts,
  standing: Standing,
): Promise<readonly KeptRow[]> => {
  const made = allMade(accountId, tables, facts);
  const gone = Map.groupBy(
    made.filter(({ row }) => row === null),
    ({ table }) => table,
  );
  const rows = made.flatMap(({ row }) => row ?? []);
  for (const [table, lost] of gone) {
    const stood = await standing(
      table,
      lost.map(({ key }) => key),
    );
    rows.push(...[...stood].map((key): KeptRow => ({ ...nothing, table, key, row: null })));
  }
  return rows.toSorted(byName);
};

/** Which of these keys had a row before. */
export type Standing = (table: KeptTable, keys: readonly string[]) => Promise<ReadonlySet<string>>;

const lineOf = (row: KeptRow): string =>
  JSON.stringify([
    row.table,
    row.key,
    row.place,
    row.symbol,
    row.side,
    row.status,
    row.at,
    row.open,
    row.reference,
    row.settlesAt,
    row.times,
    row.row,
  ]);

/** SHA-256, hex, of a segment and its rows after the digest before it. `rows` in the order of their names. */
export const digestOf = (
  before: string,
  segment: Omit<Segment, 'digest'>,
  rows: readonly KeptRow[],
): string => {
  const { accountId, floor, through, revision, sessions, hash, facts } = segment;
  const { earliest, earliestOrigin, latest } = segment;
  const head = [accountId, floor, through, revision, sessions, earliest, earliestOrigin, latest];
  const digest = createHash('sha256').update(
    `${before}\n${JSON.stringify(head)}\n${hash}\n${facts}\n`,
  );
  for (const row of rows) digest.update(`${lineOf(row)}\n`);
  return digest.digest('hex');
};

const least = <T extends string | number>(values: readonly T[]): T | null => {
  let found: T | null = null;
  for (const value of values) if (found === null || value < found) found = value;
  return found;
};

const newest = (values: readonly (Instant | null)[]): Instant | null => {
  let found: Instant | null = null;
  for (const value of values)
    if (value !== null && (found === null || value > found)) found = value;
  return found;
};

const longAgo = instant('1900-01-01T00:00:00Z');

/** A stretch of the log as it was folded. */
export type Stretch = {
  readonly accountId: AccountId;
  /** The segment before it. */
  readonly before: Segment | undefined;
  readonly through: number;
  readonly sessions: number;
  /** Every event of the account in it, and when it happened. */
  readonly events: readonly RecordedEvent[];
  readonly happenings: ReadonlyMap<number, Happening>;
  /** When its sessions and the marks of the account's symbols in it happened. */
  readonly marketTimes: readonly Instant[];
  /** The latest of earlier marks of symbols that are new in it. */
  readonly earlierMark: Instant | null;
  /** What changed in it, and every market. */
  readonly tables: Tables;
  /** After it. */
  readonly facts: Facts;
  readonly standing: Standing;
};

const factsOf = (stretch: Stretch): SegmentFacts => {
  const { accountId, before, events, happenings, tables, facts } = stretch;
  const settling = [...tables.orderFills.changes().values()].map((fill) =>
    fill !== null && settlesLater(fill) ? fill.settlesAt : null,
  );
  const held = tables.positions
    .group(accountId)
    .map(({ symbol }) => symbol)
    .toSorted();
  const symbols = [...facts.symbols].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return {
    opened: facts.opened,
    symbols: Object.fromEntries(symbols) as SegmentFacts['symbols'],
    happenings: events.flatMap(({ sequence, effectiveAt }) => {
      const { at, origin } = happenings.get(sequence) ?? { at: effectiveAt, origin: sequence };
      if (at === effectiveAt && origin === sequence) return [];
      return [[sequence, at, origin] as const];
    }),
    market: held.flatMap((symbol: Ticker) => {
      const market = tables.marketDataCache.get(symbol);
      return market === undefined ? [] : [tables.marketDataCache.shape.encode(market)];
    }),
    settles: newest([...settling, before === undefined ? null : readFacts(before.facts).settles]),
  };
};

/** The segment that a stretch of the log comes to, and the rows that are kept with it. */
export const segmentOf = async (
  stretch: Stretch,
): Promise<{ readonly segment: Segment; readonly rows: readonly KeptRow[] }> => {
  const { accountId, before, events, through, happenings, marketTimes, tables, facts } = stretch;
  const rows = await keptRows(accountId, tables, facts, stretch.standing);
  const floor = before?.through ?? 0;
  const happened = [...happenings.values()];
  const times = [...happened.map(({ at }) => at), ...marketTimes];
  const last = events.at(-1);
  const segment = {
    accountId,
    floor,
    through,
    revision: last?.revision ?? before?.revision ?? 0,
    sessions: stretch.sessions,
    earliest: least(times),
    earliestOrigin: least([floor + 1, ...happened.map(({ origin }) => origin)]) ?? floor + 1,
    latest: newest([...times, stretch.earlierMark, before?.latest ?? null]) ?? longAgo,
    hash: last?.hash ?? before?.hash ?? '',
    facts: writeFacts(factsOf(stretch)),
  };
  return { segment: { ...segment, digest: digestOf(before?.digest ?? '', segment, rows) }, rows };
};
