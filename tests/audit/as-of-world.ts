import type { LedgerSnapshot } from '#audit/ports/ledger-snapshot.ts';
import type { EventFilter, StoredEvent } from '#audit/ports/log-reader.ts';
import { eventCodec } from '#database/event-codec.ts';
import {
  type AccountId,
  type Actor,
  accountStream,
  type EventId,
  type ExecutionId,
  marketStream,
  reconciliationStream,
  type StreamName,
  sessionsStream,
  type Symbol as Ticker,
} from '#domain/ids.ts';
import { cash, price, quantity } from '#domain/money.ts';
import type { OrderFilled } from '#domain/order/events.ts';
import {
  isReconciliationEvent,
  type LedgerEvent,
  type RecordedEvent,
} from '#domain/recorded-event.ts';
import { type Instant, instant, type SessionDate } from '#domain/time.ts';
import { allTables } from '#projections/batch.ts';
import { foldLedger } from '#projections/fold.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { Tables } from '#projections/tables.ts';
import { uuid } from '../support/account-histories.ts';

const storedOf = (event: RecordedEvent): StoredEvent => ({
  sequence: event.sequence,
  stream: event.stream,
  revision: event.revision,
  id: event.id,
  type: event.data.type,
  recordedAt: event.recordedAt,
  effectiveAt: event.effectiveAt,
  hash: event.hash,
  body: eventCodec.encode(event, event),
});

const matches = (event: StoredEvent, filter: EventFilter): boolean => {
  const stream = filter.accountId === undefined ? filter.stream : accountStream(filter.accountId);
  return (
    (stream === undefined || event.stream === stream) &&
    event.sequence >= (filter.fromSequence ?? 0) &&
    event.sequence <= (filter.toSequence ?? Number.MAX_SAFE_INTEGER) &&
    (filter.recordedTo === undefined || event.recordedAt <= filter.recordedTo)
  );
};

/** A ledger in memory as an auditor sees it, its read tables as of `checkpoint`; pages are small. */
export const snapshotOf = (
  log: readonly RecordedEvent[],
  checkpoint = log.length,
): LedgerSnapshot => {
  const stored = log.map(storedOf);
  const live = foldLedger(log.slice(0, checkpoint));
  return {
    log: {
      head: async () => log.length,
      events: async function* (filter) {
        const found = stored.filter((event) => matches(event, filter));
        for (let at = 0; at < found.length; at += 7) yield found.slice(at, at + 7);
      },
      decode: eventCodec.decode,
    },
    tables: {
      live: async () => ({ schema: 'read_v1', version: 1, checkpoint, state: 'running' }),
      rows: async function* (name) {
        const table = allTables(live).find(({ shape }) => shape.name === name);
        const rows = [...(table?.values() ?? [])].map((row) => table?.shape.encode(row));
        yield rows as readonly StoredRow[];
      },
    },
  };
};

/** Every row of one account and of these symbols, as text, by table. */
export const rowsOf = (
  tables: Tables,
  accountId: AccountId,
  symbols: ReadonlySet<string>,
): readonly string[] =>
  allTables(tables).flatMap(({ shape, values }) =>
    [...values()]
      .map((row) => shape.encode(row))
      .filter((row) => {
        const market = shape.name === 'market_data_cache' || shape.name === 'price_marks';
        return market ? symbols.has(String(row['symbol'])) : row['account_id'] === accountId;
      })
      .map((row) => `${shape.name} ${JSON.stringify(row)}`)
      .sort(),
  );

/** What an account has traded. */
export const symbolsOf = (tables: Tables, accountId: AccountId): ReadonlySet<string> =>
  new Set([
    ...[...tables.orderFills.values()]
      .filter((fill) => fill.accountId === accountId && fill.status !== 'disputed')
      .map(({ symbol }) => symbol),
    ...[...tables.stockSplits.values()]
      .filter((split) => split.accountId === accountId)
      .map(({ symbol }) => symbol),
  ]);

export const account = uuid<AccountId>(1);
export const symbol = 'AAPL' as Ticker;
export const day = (n: number, hour = 20): Instant =>
  instant(`2024-03-${String(n).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00Z`);

/** An event as it was recorded on a day, and when it took effect where that was another day. */
export type Told = readonly [recorded: number, data: LedgerEvent, effective?: Instant];

const streamOf = (data: LedgerEvent): StreamName => {
  if (data.type === 'PriceMarked') return marketStream(data.symbol);
  if (isReconciliationEvent(data)) return reconciliationStream(account);
  return data.type === 'SessionClosed' ? sessionsStream : accountStream(account);
};

/** A log of one account, in the order it is told. */
export const logOf = (...told: readonly Told[]): readonly RecordedEvent[] =>
  told.map(([recorded, data, effective = day(recorded)], index) => {
    const sequence = index + 1;
    const id = uuid<EventId>(1000 + sequence);
    return {
      id,
      effectiveAt: effective,
      correlationId: id,
      causationId: null,
      commandId: null,
      commandDigest: null,
      actor: 'operator' as Actor,
      sequence,
      stream: streamOf(data),
      revision: sequence,
      version: 1,
      recordedAt: day(recorded, 21),
      hash: '0'.repeat(64),
      data,
    };
  });

export const opened = (kind: 'cash' | 'margin' = 'margin'): LedgerEvent => ({
  type: 'AccountOpened',
  accountId: account,
  accountNumber: 'A-1',
  userId: null,
  policy: {
    kind,
    currency: 'USD',
    commission: { kind: 'fixed', amount: cash('0') },
    limits: { positionNotional: null, leverage: null, orderNotional: null },
    settlementDays: 0,
    broker: 'none',
  },
  openedAt: day(1),
});

export const deposited = (amount: string, at = day(1)): LedgerEvent => ({
  type: 'CashDeposited',
  amount: cash(amount),
  description: 'opening deposit',
  externalReference: null,
  at,
});

export const fill = (
  name: string,
  side: 'buy' | 'sell',
  shares: string,
  at: string,
  executedAt: Instant,
): OrderFilled => ({
  type: 'OrderFilled',
  executionId: name as ExecutionId,
  orderId: null,
  symbol,
  side,
  quantity: quantity(shares),
  price: price(at),
  commission: cash('1'),
  liquidity: 'unknown',
  venue: 'test',
  executedAt,
  settlesAt: executedAt,
});

export const mark = (n: number, close: string): LedgerEvent => ({
  type: 'PriceMarked',
  symbol,
  session: day(n).slice(0, 10) as SessionDate,
  open: price(close),
  high: price(close),
  low: price(close),
  close: price(close),
  source: 'test',
  markedAt: day(n),
});

export const busted = (undone: OrderFilled, n: number): LedgerEvent => {
  const { type: _, settlesAt: __, ...execution } = undone;
  return { ...execution, type: 'FillBusted', reason: 'erroneous', bustedAt: day(n) };
};

export const corrected = (
  before: OrderFilled,
  over: Partial<OrderFilled>,
  n: number,
): LedgerEvent => {
  const { type: _, settlesAt: __, ...execution } = { ...before, ...over };
  return {
    ...execution,
    type: 'FillCorrected',
    previousQuantity: before.quantity,
    previousPrice: before.price,
    previousCommission: before.commission,
    reason: 'price',
    correctedAt: day(n),
  };
};

/** A log with the revisions that a store gives. */
export const withRevisions = (log: readonly RecordedEvent[]): readonly RecordedEvent[] => {
  const revisions = new Map<StreamName, number>();
  return log.map((event) => {
    const revision = (revisions.get(event.stream) ?? 0) + 1;
    revisions.set(event.stream, revision);
    return { ...event, revision };
  });
};
