import type { Pool } from 'pg';
import type { EventId } from '#domain/ids.ts';
import { liveStatuses, orderStatuses } from '#domain/order/lifecycle.ts';
import type { Instant } from '#domain/time.ts';
import { instant, nullable } from '#projections/ports/columns.ts';
import type {
  Activity,
  ActivityFilter,
  OrderFilter,
  Page,
  ProjectionState,
  ProjectionStatus,
  Queries,
  TransactionType,
} from '#projections/ports/queries.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { createProgress, type Progress } from './progress.ts';
import { asText } from './read-tables.ts';
import {
  accountCursor,
  toAccount,
  toBreak,
  toFill,
  toHistory,
  toLot,
  toMark,
  toOrder,
  toPoint,
  toPosition,
  toPosting,
  toReconciliation,
  toSummary,
  toTransaction,
  toTransactionSummary,
} from './rows.ts';
import * as sql from './statements.ts';

export type QuerySettings = {
  readonly pool: Pool;
  /** The market's time: decides with an account's last event what has settled. */
  readonly clock: { readonly now: () => Instant };
  /** The projector's, where it runs in this process. */
  readonly progress?: Progress;
};

const statusesOf = (status: OrderFilter['status']): readonly string[] | null => {
  if (status === undefined || status === 'all') return null;
  if (status === 'open') return [...liveStatuses];
  if (status === 'closed') {
    return [...orderStatuses.filter((one) => !liveStatuses.has(one)), 'refused'];
  }
  return [status];
};

const transferTypes: readonly TransactionType[] = [
  'deposit',
  'withdrawal',
  'dividend',
  'interest',
  'fee',
  'adjustment',
  'split_cash',
];

// An event has fewer lines than this, so that one number names a line.
const LINES_MAX = 16;
const lineCursor = (row: { readonly sequence: number; readonly line: number }): number =>
  row.sequence * LINES_MAX + row.line;
const lineAfter = (cursor: number | undefined): readonly [number | null, number | null] =>
  cursor === undefined ? [null, null] : [Math.floor(cursor / LINES_MAX), cursor % LINES_MAX];

const pageOf = <Row>(
  stored: readonly StoredRow[],
  limit: number,
  toRow: (row: StoredRow) => Row,
  cursorOf: (row: StoredRow) => number,
): Page<Row> => {
  const shown = stored.slice(0, limit);
  const last = shown.at(-1);
  const next = stored.length > limit && last !== undefined ? cursorOf(last) : null;
  return { rows: shown.map(toRow), next };
};

const created = (row: StoredRow): number => Number(row['created_sequence']);
const line = (row: StoredRow): number =>
  lineCursor({ sequence: Number(row['sequence']), line: Number(row['line']) });

// No projector has made the read tables yet.
const notYet: ProjectionStatus = {
  name: 'ledger',
  version: 0,
  state: 'idle',
  checkpoint: 0,
  appliedAt: null,
  error: null,
};

const toStatus = (row: StoredRow | undefined): ProjectionStatus => {
  if (row === undefined) return notYet;
  return {
    name: String(row['projection_set']),
    version: Number(row['version']),
    state: row['state'] as ProjectionState,
    checkpoint: Number(row['checkpoint']),
    appliedAt: nullable(instant).decode(row['applied_at'] ?? null),
    error:
      row['error_sequence'] == null
        ? null
        : {
            sequence: Number(row['error_sequence']),
            eventId: (row['error_event_id'] ?? null) as EventId | null,
            reason: String(row['error_reason']),
          },
  };
};

const merge = (
  pages: readonly Page<Activity>[],
  { limit, direction = 'desc' }: ActivityFilter,
): Page<Activity> => {
  const sign = direction === 'asc' ? 1 : -1;
  const all = pages
    .flatMap((page) => page.rows)
    .toSorted((left, right) => sign * (left.sequence - right.sequence));
  const rows = all.slice(0, limit);
  const more = all.length > limit || pages.some((page) => page.next !== null);
  return { rows, next: more ? (rows.at(-1)?.sequence ?? null) : null };
};

/** The query port over the public views, whichever schema they show. */
export const createQueries = ({
  pool,
  clock,
  progress = createProgress(),
}: QuerySettings): Queries => {
  const all = async (text: string, values: readonly unknown[]): Promise<readonly StoredRow[]> =>
    (await pool.query<StoredRow>({ text, values: [...values], types: asText })).rows;
  const one = async <Row>(
    text: string,
    values: readonly unknown[],
    toRow: (row: StoredRow) => Row,
  ): Promise<Row | undefined> => {
    const [row] = await all(text, values);
    return row === undefined ? undefined : toRow(row);
  };
  const status = async (): Promise<ProjectionStatus> =>
    toStatus((await all(sql.selectStatus, []))[0]);

  const queries: Queries = {
    getAccount: (id) => one(sql.selectAccount, [id, clock.now()], toAccount),
    getAccountByNumber: async (accountNumber) => {
      const [row] = await all(sql.selectAccountId, [accountNumber]);
      if (row === undefined) return undefined;
      return one(sql.selectAccount, [row['account_id'], clock.now()], toAccount);
    },
    listAccounts: async ({ userId = null, cursor = null, limit, direction = 'asc' }) => {
      const values = [userId, cursor, limit + 1, clock.now()];
      return pageOf(
        await all(sql.selectAccounts[direction], values),
        limit,
        toAccount,
        accountCursor,
      );
    },
    listOrders: async (filter) => {
      const { accountId, status: wanted, symbols, side, after, until, cursor } = filter;
      const { limit, direction = 'desc' } = filter;
      const statuses = statusesOf(wanted);
      const values = [accountId, statuses, symbols, side, after, until, cursor, limit + 1];
      return pageOf(await all(sql.selectOrders[direction], values), limit, toOrder, created);
    },
    getOrder: (id) => one(sql.selectOrder, [id], toOrder),
    getOrderByClientId: (accountId, clientOrderId) =>
      one(sql.selectOrderByClientId, [accountId, clientOrderId], toOrder),
    orderFills: async (id) => (await all(sql.selectOrderFills, [id])).map(toFill),
    listFills: async (filter) => {
      const { accountId, symbols, after, until, cursor, limit, direction = 'desc' } = filter;
      const values = [accountId, symbols, after, until, cursor, limit + 1];
      return pageOf(await all(sql.selectFills[direction], values), limit, toFill, created);
    },
    listPositions: async (id) => (await all(sql.selectPositions, [id])).map(toPosition),
    getPosition: (id, symbol) => one(sql.selectPosition, [id, symbol], toPosition),
    listLots: async (id, symbol) => (await all(sql.selectLots, [id, symbol])).map(toLot),
    listPositionHistory: async (filter) => {
      const { accountId, symbols, after, until, cursor, limit, direction = 'desc' } = filter;
      const values = [accountId, symbols, after, until, cursor, limit + 1];
      return pageOf(await all(sql.selectHistory[direction], values), limit, toHistory, created);
    },
    portfolio: (id) => one(sql.selectAccount, [id, clock.now()], toSummary),
    portfolioHistory: async (id, { from = null, to = null }) =>
      (await all(sql.selectSnapshots, [id, from, to])).map(toPoint),
    listTransactions: async (filter) => {
      const { accountId, types, symbols, after, until, limit, direction = 'desc' } = filter;
      const values = [
        accountId,
        types,
        symbols,
        after,
        until,
        ...lineAfter(filter.cursor),
        limit + 1,
      ];
      const rows = await all(sql.selectTransactions[direction], values);
      return pageOf(rows, limit, toTransaction, line);
    },
    getTransaction: async (transactionId) => {
      const match = /^([1-9]\d{0,15})-(\d)$/.exec(transactionId);
      if (match === null) return undefined;
      return one(sql.selectTransaction, [match[1], match[2]], toTransaction);
    },
    summarizeTransactions: async ({ accountId, types, symbols, after, until }) => {
      const values = [accountId, types, symbols, after, until];
      return (await all(sql.selectTransactionSummary, values)).map(toTransactionSummary);
    },
    listPostings: async (id, { cursor, limit, direction = 'desc' }) => {
      const values = [id, ...lineAfter(cursor), limit + 1];
      return pageOf(await all(sql.selectPostings[direction], values), limit, toPosting, line);
    },
    activity: async (filter) => {
      const { accountId, kinds = ['order', 'fill', 'transfer'], cursor, limit, direction } = filter;
      const paging = { accountId, cursor, limit, direction };
      const pages: Page<Activity>[] = [];
      if (kinds.includes('order')) pages.push(asOrders(await queries.listOrders(paging)));
      if (kinds.includes('fill')) pages.push(asFills(await queries.listFills(paging)));
      if (kinds.includes('transfer')) {
        // Every line of the cursor's own event is before it or after it: transfers have one line.
        const at = cursor === undefined ? undefined : lineCursor({ sequence: cursor, line: 1 });
        const transfers = { ...paging, cursor: at, types: transferTypes };
        pages.push(asTransfers(await queries.listTransactions(transfers)));
      }
      return merge(pages, filter);
    },
    listBreaks: async ({ accountId, statuses, kinds, cursor, limit, direction = 'desc' }) => {
      const values = [accountId, statuses, kinds, cursor, limit + 1];
      return pageOf(await all(sql.selectBreaks[direction], values), limit, toBreak, created);
    },
    getBreak: (accountId, breakId) => one(sql.selectBreak, [accountId, breakId], toBreak),
    listReconciliations: async (id, { cursor, limit, direction = 'desc' }) => {
      const stored = await all(sql.selectReconciliations[direction], [id, cursor, limit + 1]);
      return pageOf(stored, limit, toReconciliation, (row) => Number(row['sequence']));
    },
    listMarks: async (symbols) => (await all(sql.selectMarks, [symbols])).map(toMark),
    status,
    waitFor: (sequence, timeoutMs) => progress.wait(sequence, timeoutMs, status),
  };
  return queries;
};

type OrderPage = Awaited<ReturnType<Queries['listOrders']>>;
const asOrders = ({ rows, next }: OrderPage): Page<Activity> => ({
  rows: rows.map((order) => ({
    kind: 'order',
    sequence: order.createdSequence,
    at: order.submittedAt,
    order,
  })),
  next,
});

type FillPage = Awaited<ReturnType<Queries['listFills']>>;
const asFills = ({ rows, next }: FillPage): Page<Activity> => ({
  rows: rows.map((fill) => ({
    kind: 'fill',
    sequence: fill.createdSequence,
    at: fill.executedAt,
    fill,
  })),
  next,
});

type TransactionPage = Awaited<ReturnType<Queries['listTransactions']>>;
const asTransfers = ({ rows, next }: TransactionPage): Page<Activity> => ({
  rows: rows.map((transaction) => ({
    kind: 'transfer',
    sequence: transaction.sequence,
    at: transaction.transactionDate,
    transaction,
  })),
  next,
});
