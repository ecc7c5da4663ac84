/**
 * Milliseconds of an answer about the past of one account of 100,000 events: at random sequences and instants, as of then
 * and as known then, with what is kept of it and without, in one run. Each answer is a look of its own, as a request is.
 */
import { keepSegments } from '#audit/as-of/keep-segments.ts';
import { openPast } from '#audit/as-of/past.ts';
import { createPastQueries } from '#audit/as-of/queries.ts';
import { seenIn, type View } from '#audit/as-of/view.ts';
import { createLooks } from '#database/postgres/audit/ledger-snapshot.ts';
import { createSegmentStore } from '#database/postgres/audit/segment-store.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { createQueries } from '#database/postgres/read-tables/queries.ts';
import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { ledgerSet } from '#projections/ledger.ts';
import type { Queries } from '#projections/ports/queries.ts';
import { runProjections } from '#projections/runner.ts';
import { dice, randomEvents, uuid } from '#tests/support/account-histories.ts';
import { benchmarkDatabase, benchmarkPool } from './support/database.ts';
import { percentile } from './support/statistics.ts';

const wanted = Number(process.argv[2] ?? 100_000);
const points = Number(process.argv[3] ?? 120);
const slowPoints = 5;
const accountId = uuid<AccountId>(1);

// Marks are in other streams: so many more events until the account's own are 100,000.
const log: RecordedEvent[] = [];
let own = 0;
const settings = { seed: 7, accounts: 1, symbols: 10, events: 10 * wanted, rare: false };
for (const event of randomEvents(settings)) {
  log.push(event);
  if (event.stream.startsWith('account-')) own += 1;
  if (own === wanted) break;
}

const database = await benchmarkDatabase();
const { connectionString } = database;
const store = createPostgresEventStore({ connectionString, clock: systemClock });
for (let from = 0; from < log.length; from += 1_000) {
  const outcomes = await store.append(
    log.slice(from, from + 1_000).map((event) => ({
      stream: event.stream,
      expectedRevision: event.revision - 1,
      events: [event],
    })),
  );
  if (outcomes.some(({ kind }) => kind !== 'appended')) throw new Error('not appended');
}
const open = await createReadTableHost(database).openLive(ledgerSet, new AbortController().signal);
if (open === undefined) throw new Error('no read tables');
const ended = new AbortController();
const onApplied = (sequence: number) => sequence === log.length && ended.abort();
await runProjections({ feed: store, readTables: open.readTables, onApplied }, ended.signal);
await open.close();
await store.close();

const pool = benchmarkPool(connectionString, 2);
const looks = createLooks({ connectionString });
const { signal } = new AbortController();
const orders = log.flatMap(({ data }) => (data.type === 'OrderSubmitted' ? [data.orderId] : []));
const now = (log.at(-1) as RecordedEvent).effectiveAt;
const live = createQueries({ pool, clock: { now: () => now } });
const roll = dice(11);

const page = { accountId, limit: 100 } as const;
const questions: Readonly<Record<string, (queries: Queries) => Promise<unknown>>> = {
  account: (queries) => queries.getAccount(accountId),
  portfolio: (queries) => queries.portfolio(accountId),
  positions: (queries) => queries.listPositions(accountId),
  openOrders: (queries) => queries.listOrders({ ...page, status: 'open' }),
  order: (queries) => queries.getOrder(orders[roll(orders.length)] as never),
  orders: (queries) => queries.listOrders(page),
  fills: (queries) => queries.listFills(page),
  transactions: (queries) => queries.listTransactions(page),
  closedPositions: (queries) => queries.listPositionHistory(page),
};

type Kind = 'asKnownNow' | 'asKnownThen';

/** One of the log's places, by its sequence or its time: what was true then, or what was known then. */
const anyView = (kind: Kind): View => {
  const { sequence, effectiveAt, recordedAt } = log[roll(log.length)] as RecordedEvent;
  const isSequence = roll(2) === 0;
  const bySequence = { kind: 'sequence', sequence } as const;
  return kind === 'asKnownNow'
    ? { asOf: isSequence ? bySequence : { kind: 'instant', at: effectiveAt }, known: null }
    : { asOf: null, known: isSequence ? bySequence : { kind: 'instant', at: recordedAt } };
};

const ask = (view: View, question: (queries: Queries) => Promise<unknown>): Promise<unknown> =>
  looks.withLook(async ({ log: reader, past }) => {
    const { at, ...shown } = await seenIn(reader, view, now);
    const open = (id: AccountId) => openPast(past, id, shown, { signal });
    return question(createPastQueries({ reader: past, shown, at, live, open }));
  });

const inFigures = (name: string, times: readonly number[]): Record<string, number> => {
  const sorted = times.toSorted((left, right) => left - right);
  return {
    [`${name}P50Ms`]: Number(percentile(sorted, 0.5).toFixed(1)),
    [`${name}P99Ms`]: Number(percentile(sorted, 0.99).toFixed(1)),
  };
};

/** `count` answers of each question and of each kind. */
const measure = async (count: number, asked: typeof questions = questions) => {
  const times: { readonly kind: Kind; readonly name: string; readonly ms: number }[] = [];
  for (const [name, question] of Object.entries(asked)) {
    for (let n = 0; n < count; n += 1) {
      for (const kind of ['asKnownNow', 'asKnownThen'] as const) {
        const view = anyView(kind);
        const begun = performance.now();
        await ask(view, question);
        times.push({ kind, name, ms: performance.now() - begun });
      }
    }
  }
  const figures: Record<string, number> = {};
  for (const by of ['kind', 'name'] as const) {
    for (const [name, some] of Map.groupBy(times, (time) => time[by])) {
      Object.assign(
        figures,
        inFigures(
          name,
          some.map(({ ms }) => ms),
        ),
      );
    }
  }
  const all = times.map(({ ms }) => ms);
  return { ...figures, ...inFigures('all', all) } as Readonly<Record<string, number>>;
};

// Each of these folds the account from its first event on: one kind of question tells.
const { account } = questions;
const without = account === undefined ? {} : await measure(slowPoints, { account });
const begun = performance.now();
const ports = { withPast: looks.withLook, store: createSegmentStore({ pool }) };
await keepSegments(ports, accountId, signal);
const keepingSeconds = Number(((performance.now() - begun) / 1_000).toFixed(1));
await pool.query('ANALYZE ledger.as_of_rows, ledger.as_of_segments');
const sizes = await pool.query<{ megabytes: string }>(
  `SELECT (pg_total_relation_size('ledger.as_of_rows') + pg_total_relation_size('ledger.as_of_segments')) >> 20
   AS megabytes`,
);
await measure(Math.ceil(points / 20)); // What comes first pays for the cold caches.
const kept = await measure(points);
console.log(
  JSON.stringify({
    name: 'as-of',
    events: own,
    points,
    ...kept,
    withoutSegmentsP50Ms: without['allP50Ms'],
    withoutSegmentsP99Ms: without['allP99Ms'],
    keepingSeconds,
    keptMegabytes: Number(sizes.rows[0]?.megabytes),
  }),
);
await looks.close();
await pool.end();
await database.stop();
