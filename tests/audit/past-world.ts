import { ok } from 'node:assert/strict';
import pg from 'pg';
import { keepSegments, type SegmentSizes } from '#audit/as-of/keep-segments.ts';
import { openPast } from '#audit/as-of/past.ts';
import { createPastQueries } from '#audit/as-of/queries.ts';
import { seenIn, type View } from '#audit/as-of/view.ts';
import { createLooks } from '#database/postgres/audit/ledger-snapshot.ts';
import { createSegmentStore } from '#database/postgres/audit/segment-store.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createQueries } from '#database/postgres/read-tables/queries.ts';
import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { foldLedger } from '#projections/fold.ts';
import type { Page, Queries } from '#projections/ports/queries.ts';
import { applyAll, finishedFeed, readDatabase } from '../support/read-tables.ts';

/** Small, so that a short log has many. */
export const smallSegments: SegmentSizes = { events: 20, eventsBehind: 20, logBehind: 100_000 };

/** Events that are recorded in one moment, and a few more where a command's events go on. */
const atOnce = 8;

/** The log cut into what each command wrote, which is taken whole or not at all. */
const writesOf = (log: readonly RecordedEvent[]): readonly RecordedEvent[][] => {
  const writes: RecordedEvent[][] = [];
  for (const event of log) {
    const last = writes.at(-1);
    const { commandId } = event;
    if (last !== undefined && commandId !== null && last[0]?.commandId === commandId)
      last.push(event);
    else writes.push([event]);
  }
  return writes;
};

/** Writes the log by way of the store; gives it as it was recorded. */
const record = async (
  connectionString: string,
  log: readonly RecordedEvent[],
): Promise<readonly RecordedEvent[]> => {
  const recorded: RecordedEvent[] = [];
  let now = (log[0] as RecordedEvent).recordedAt;
  const store = createPostgresEventStore({ connectionString, clock: { now: () => now } });
  try {
    const writes = writesOf(log);
    let moment: (readonly RecordedEvent[])[] = [];
    for (const write of writes) {
      moment.push(write);
      const together = moment.flat();
      if (together.length < atOnce && write !== writes.at(-1)) continue;
      now = (together[0] as RecordedEvent).recordedAt;
      const outcomes = await store.append(
        moment.map((events) => {
          const { stream, revision } = events[0] as RecordedEvent;
          return { stream, expectedRevision: revision - 1, events };
        }),
      );
      ok(outcomes.every(({ kind }) => kind === 'appended'));
      for (const event of together) recorded.push({ ...event, recordedAt: now });
      moment = [];
    }
  } finally {
    await store.close();
  }
  return recorded;
};

/** A log in a database as the store writes it; its read tables follow when they are told to. */
export const pastWorld = async (log: readonly RecordedEvent[]) => {
  const database = await readDatabase();
  const { connectionString } = database;
  const end = log.at(-1) as RecordedEvent;
  const recorded = await record(connectionString, log).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  const clock = { now: (): Instant => end.recordedAt };
  const pool = new pg.Pool({ connectionString, max: 2 });
  pool.on('error', () => {}); // Dropping the database cuts sessions that are just ending.
  const looks = createLooks({ connectionString });
  const segments = createSegmentStore({ pool });
  const never = new AbortController().signal;
  const live = createQueries({ pool, clock });
  return {
    pool,
    segments,
    /** The log with the instants at which it was recorded. */
    recorded,
    withLook: looks.withLook,
    /** Brings the read tables up to a sequence. */
    project: (sequence: number) =>
      applyAll(database.client, finishedFeed(log.slice(0, sequence)), { batchMax: 40 }),
    /** The read tables as they are, where it is `at`. */
    queriesAt: (at: Instant): Queries => createQueries({ pool, clock: { now: () => at } }),
    keep: (account: AccountId, sizes = smallSegments) =>
      keepSegments({ withPast: looks.withLook, store: segments }, account, never, sizes),
    /** Asks a view; `now` is the instant of the end of the log. */
    ask: <T>(view: View, now: Instant, act: (queries: Queries) => Promise<T>): Promise<T> =>
      looks.withLook(async ({ log: reader, past }) => {
        const { at, ...shown } = await seenIn(reader, view, now);
        const open = (id: AccountId) => openPast(past, id, shown, { signal: never });
        return act(createPastQueries({ reader: past, shown, at, live, open }));
      }),
    close: async () => {
      await looks.close();
      await pool.end();
      await database.close();
    },
  };
};
export type PastWorld = Awaited<ReturnType<typeof pastWorld>>;

type List<Row> = (paging: {
  readonly cursor?: number;
  readonly limit: number;
  readonly direction: 'asc' | 'desc';
}) => Promise<Page<Row>>;

/** Every page of a list, in both directions. */
const pages = async <Row>(list: List<Row>, limit: number): Promise<readonly Page<Row>[]> => {
  const found: Page<Row>[] = [];
  for (const direction of ['asc', 'desc'] as const) {
    let page = await list({ limit, direction });
    found.push(page);
    while (page.next !== null) {
      page = await list({ limit, direction, cursor: page.next });
      found.push(page);
    }
  }
  return found;
};

/** What there is to ask about in a log. */
export const subjectsOf = (log: readonly RecordedEvent[], accounts: readonly AccountId[]) => {
  const { orders, transactions } = foldLedger(log);
  const inTheMiddle = log[Math.floor(log.length / 2)]?.effectiveAt as Instant;
  const symbols = new Set<Ticker>();
  for (const { symbol } of orders.values()) symbols.add(symbol);
  return {
    accounts,
    orders: [...orders.values()],
    lines: [...transactions.values()].map(({ sequence, line }) => `${sequence}-${line}`),
    symbols: [...symbols, 'NONE' as Ticker],
    inTheMiddle,
  };
};
export type Subjects = ReturnType<typeof subjectsOf>;

/** What every method of the port says about one account, with every filter, cursor and direction. */
const answersOf = async (queries: Queries, subjects: Subjects, accountId: AccountId) => {
  const { inTheMiddle: middle, symbols } = subjects;
  const some = symbols.slice(0, 1);
  const times = [{}, { after: middle }, { until: middle }, { symbols: some }];
  const statuses = ['open', 'closed', 'all', 'refused', 'canceled', 'accepted'] as const;
  const found: Record<string, unknown> = {
    account: await queries.getAccount(accountId),
    positions: await queries.listPositions(accountId),
    portfolio: await queries.portfolio(accountId),
    history: await queries.portfolioHistory(accountId, {}),
    postings: await pages((paging) => queries.listPostings(accountId, paging), 13),
    activity: await pages((paging) => queries.activity({ accountId, ...paging }), 9),
    orders: await pages((paging) => queries.listOrders({ accountId, ...paging }), 11),
    fills: await pages((paging) => queries.listFills({ accountId, ...paging }), 7),
    closed: await pages((paging) => queries.listPositionHistory({ accountId, ...paging }), 3),
    lines: await pages((paging) => queries.listTransactions({ accountId, ...paging }), 17),
  };
  const last = (found['history'] as readonly { session: never }[]).at(-1);
  if (last !== undefined) {
    const range = { from: last.session, to: last.session };
    found['last session'] = await queries.portfolioHistory(accountId, range);
  }
  for (const kind of ['order', 'fill', 'transfer'] as const) {
    const kinds = [kind];
    found[kind] = await queries.activity({ accountId, kinds, limit: 20, direction: 'desc' });
  }
  for (const status of statuses) {
    found[status] = await pages(
      (paging) => queries.listOrders({ accountId, status, ...paging }),
      40,
    );
  }
  for (const side of ['buy', 'sell'] as const) {
    found[side] = await queries.listOrders({ accountId, side, limit: 30 });
  }
  for (const symbol of symbols) {
    found[`position ${symbol}`] = await queries.getPosition(accountId, symbol);
    found[`lots ${symbol}`] = await queries.listLots(accountId, symbol);
  }
  for (const [index, filter] of times.entries()) {
    const asked = { accountId, ...filter };
    const limit = 25;
    found[`orders ${index}`] = await pages(
      (paging) => queries.listOrders({ ...asked, ...paging }),
      30,
    );
    found[`fills ${index}`] = await queries.listFills({ ...asked, limit });
    found[`closed ${index}`] = await queries.listPositionHistory({ ...asked, limit });
    found[`lines ${index}`] = await queries.listTransactions({ ...asked, limit, types: ['trade'] });
    found[`sums ${index}`] = await queries.summarizeTransactions(asked);
  }
  return found;
};

/** What the port says of everything there is. */
export const allAnswers = async (queries: Queries, subjects: Subjects) => {
  const found: Record<string, unknown> = {
    marks: await queries.listMarks(),
    mark: await queries.listMarks(subjects.symbols.slice(0, 1)),
    accounts: await pages((paging) => queries.listAccounts(paging), 2),
    'all orders': await queries.listOrders({ limit: 40 }),
    'all fills': await queries.listFills({ limit: 15, direction: 'asc' }),
    'all closed': await queries.listPositionHistory({ limit: 5 }),
    'all lines': await queries.listTransactions({ limit: 33 }),
    'all sums': await queries.summarizeTransactions({}),
    'no number': await queries.getAccountByNumber('no such number'),
    number: await queries.getAccountByNumber('A-0'),
  };
  for (const account of subjects.accounts) {
    found[account] = await answersOf(queries, subjects, account);
  }
  const few = <T>(all: readonly T[]) => all.filter((_, index) => index % 7 === 0);
  for (const { orderId, accountId, clientOrderId } of few(subjects.orders)) {
    found[`order ${orderId}`] = await queries.getOrder(orderId);
    found[`fills ${orderId}`] = await queries.orderFills(orderId);
    found[`client ${orderId}`] = await queries.getOrderByClientId(accountId, clientOrderId);
  }
  for (const line of few(subjects.lines))
    found[`line ${line}`] = await queries.getTransaction(line);
  return found;
};
