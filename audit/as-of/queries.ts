import type { AccountId } from '#domain/ids.ts';
import { add } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { breakKey } from '#projections/breaks/table.ts';
import { marketDataCacheTable } from '#projections/marks/table.ts';
import type {
  AccountRow,
  Activity,
  ActivityFilter,
  FillRow,
  OrderRow,
  Page,
  Queries,
  TransactionRow,
  TransactionSummary,
  TransactionType,
} from '#projections/ports/queries.ts';
import type { PastReader, Shown } from '../ports/past.ts';
import { breakPage, breaksIn, reconciliationPage } from './breaks.ts';
import { accountRow, positionRows, summaryOf } from './figures.ts';
import type { Fold } from './fold-state.ts';
import {
  lineAfter,
  lineCursor,
  linePage,
  openLots,
  orderFacets,
  pageOf,
  postingsOf,
  referring,
  rowAt,
  transactionLines,
  transactionSums,
} from './pages.ts';
import {
  fillRow,
  historyRow,
  lotRow,
  markRow,
  orderRow,
  type PostingLine,
  pointRow,
  transactionRow,
} from './rows.ts';

export type PastQueriesSettings = {
  readonly reader: PastReader;
  readonly shown: Shown;
  /** The instant of the view: decides with the account's last event what has settled (present.ts). */
  readonly at: Instant;
  /** What is asked of the read tables as they are. */
  readonly live: Pick<Queries, 'status' | 'waitFor'>;
  /** An account in the view; undefined where the view does not have it. */
  readonly open: (id: AccountId) => Promise<Fold | undefined>;
};

type ListPaging = {
  readonly cursor?: number | undefined;
  readonly limit: number;
  readonly direction?: 'asc' | 'desc' | undefined;
};
const noRows = { rows: [], next: null };

const transferTypes: readonly TransactionType[] = [
  'deposit',
  'withdrawal',
  'dividend',
  'interest',
  'fee',
  'adjustment',
  'split_cash',
];

const mergeActivity = (
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

const asOrder = (order: OrderRow): Activity => ({
  kind: 'order',
  sequence: order.createdSequence,
  at: order.submittedAt,
  order,
});
const asFill = (fill: FillRow): Activity => ({
  kind: 'fill',
  sequence: fill.createdSequence,
  at: fill.executedAt,
  fill,
});
const asTransfer = (transaction: TransactionRow): Activity => ({
  kind: 'transfer',
  sequence: transaction.sequence,
  at: transaction.transactionDate,
  transaction,
});

const sumsOfAll = async (
  accounts: AsyncIterable<Fold>,
  sumsOf: (fold: Fold) => Promise<readonly TransactionSummary[]>,
): Promise<readonly TransactionSummary[]> => {
  const total = new Map<TransactionType, TransactionSummary>();
  for await (const fold of accounts) {
    for (const sum of await sumsOf(fold)) {
      const before = total.get(sum.type);
      const both = before && {
        type: sum.type,
        count: before.count + sum.count,
        inflow: add(before.inflow, sum.inflow),
        outflow: add(before.outflow, sum.outflow),
        net: add(before.net, sum.net),
      };
      total.set(sum.type, both ?? sum);
    }
  }
  return [...total.values()].toSorted((left, right) => (left.type < right.type ? -1 : 1));
};

/** Accounts that are looked up at once where a list is of all of them. */
const accountsAtOnce = 100;

/**
 * The query port over a view of the past: the same projections, folded on from the nearest segment, answer what the
 * read tables would. Every account is folded once, when it is first asked for; nothing may be asked after the look that
 * `reader` reads in has ended.
 */
export const createPastQueries = (settings: PastQueriesSettings): Queries => {
  const { reader, shown, at, live } = settings;
  const opened = new Map<AccountId, Promise<Fold | undefined>>();
  const open = (id: AccountId): Promise<Fold | undefined> => {
    const found = opened.get(id) ?? settings.open(id);
    opened.set(id, found);
    return found;
  };
  const of = async <T>(
    id: AccountId | undefined,
    ask: (fold: Fold) => Promise<T>,
  ): Promise<T | undefined> => {
    const fold = id === undefined ? undefined : await open(id);
    return fold === undefined ? undefined : ask(fold);
  };

  /** Accounts as a directory lists them, those alone that the view has. */
  async function* accounts(asked: {
    readonly userId?: string | undefined;
    readonly cursor?: number | undefined;
    readonly direction: 'asc' | 'desc';
  }): AsyncGenerator<Fold & { readonly place: number }, void, void> {
    let { cursor } = asked;
    for (;;) {
      const found = await reader.accounts({ ...asked, cursor, limit: accountsAtOnce });
      for (const { accountId, place } of found) {
        const fold = await settings.open(accountId);
        if (fold !== undefined) yield { ...fold, place };
      }
      if (found.length < accountsAtOnce) return;
      cursor = found.at(-1)?.place;
    }
  }

  /** A page of one account, or of all accounts together in the same order. */
  const paged = async <Row>(
    filter: ListPaging & { readonly accountId?: AccountId | undefined },
    cursorOf: (row: Row) => number,
    page: (fold: Fold) => Promise<Page<Row>>,
  ): Promise<Page<Row>> => {
    const { accountId, limit, direction = 'desc' } = filter;
    if (accountId !== undefined) return (await of(accountId, page)) ?? noRows;
    const sign = direction === 'asc' ? 1 : -1;
    let best: readonly Row[] = [];
    let isMore = false;
    for await (const fold of accounts({ direction: 'asc' })) {
      const { rows, next } = await page(fold);
      const all = [...best, ...rows].toSorted(
        (left, right) => sign * (cursorOf(left) - cursorOf(right)),
      );
      isMore ||= next !== null || all.length > limit;
      best = all.slice(0, limit);
    }
    const last = best.at(-1);
    return { rows: best, next: isMore && last !== undefined ? cursorOf(last) : null };
  };
  const created = (row: { readonly createdSequence: number }): number => row.createdSequence;

  const queries: Queries = {
    getAccount: (id) => of(id, (fold) => accountRow(fold, at)),
    getAccountByNumber: async (accountNumber) =>
      of(await reader.accountOfNumber(accountNumber), (fold) => accountRow(fold, at)),
    listAccounts: async ({ userId, cursor, limit, direction = 'asc' }) => {
      const rows: AccountRow[] = [];
      let last: number | undefined;
      for await (const fold of accounts({ userId, cursor, direction })) {
        if (rows.length === limit) return { rows, next: last ?? null };
        const row = await accountRow(fold, at);
        if (row !== undefined) rows.push(row);
        last = fold.place;
      }
      return { rows, next: null };
    },

    listOrders: (filter) =>
      paged(filter, created, (fold) =>
        pageOf(fold, fold.tables.orders, filter, orderFacets, orderRow),
      ),
    getOrder: async (id) =>
      of(await reader.accountOfOrder(id), async (fold) => {
        const order = await rowAt(fold, fold.tables.orders, id);
        return order === undefined ? undefined : orderRow(order);
      }),
    getOrderByClientId: (accountId, clientOrderId) =>
      of(accountId, async (fold) => {
        const { orders } = fold.tables;
        const found = await referring(
          fold,
          orders,
          clientOrderId,
          (order) => order.clientOrderId === clientOrderId,
        );
        const newest = found.at(-1);
        return newest === undefined ? undefined : orderRow(newest);
      }),
    orderFills: async (id) => {
      const fills = await of(await reader.accountOfOrder(id), (fold) =>
        referring(fold, fold.tables.orderFills, id, ({ orderId }) => orderId === id),
      );
      return (fills ?? []).map(fillRow);
    },
    listFills: (filter) =>
      paged(filter, created, (fold) =>
        pageOf(
          fold,
          fold.tables.orderFills,
          filter,
          ({ symbol, side, status, executedAt }) => ({ symbol, side, status, at: executedAt }),
          fillRow,
        ),
      ),

    listPositions: async (id) => (await of(id, positionRows)) ?? [],
    getPosition: (id, symbol) =>
      of(id, async (fold) => (await positionRows(fold)).find((row) => row.symbol === symbol)),
    listLots: async (id, symbol) =>
      ((await of(id, (fold) => openLots(fold, symbol))) ?? []).map(lotRow),
    listPositionHistory: (filter) =>
      paged(filter, created, (fold) =>
        pageOf(
          fold,
          fold.tables.positionHistory,
          filter,
          ({ symbol, side, closedAt }) => ({ symbol, side, status: '', at: closedAt }),
          historyRow,
        ),
      ),

    portfolio: (id) => of(id, (fold) => summaryOf(fold, at)),
    portfolioHistory: async (id, { from, to }) => {
      const points = await of(id, async (fold) => {
        const { portfolioSnapshots: table } = fold.tables;
        const changes = table.changes();
        const kept = (await reader.all(fold.at, 'portfolio_snapshots')).map(table.shape.decode);
        const before = kept.filter((point) => !changes.has(table.shape.keyOf(point)));
        return [...before, ...changes.values()].filter((point) => point !== null);
      });
      return (points ?? [])
        .filter(({ session }) => (from ?? session) <= session && session <= (to ?? session))
        .toSorted((left, right) => (left.session < right.session ? -1 : 1))
        .map(pointRow);
    },

    listTransactions: async (filter) => {
      const { accountId: _, cursor, limit, ...rest } = filter;
      const asked = { ...rest, cursor: lineAfter(cursor), limit: limit + 1 };
      return paged(filter, lineCursor, async (fold) =>
        linePage(await transactionLines(fold, asked), limit, transactionRow),
      );
    },
    getTransaction: async (transactionId) => {
      const match = /^([1-9]\d{0,15})-(\d)$/.exec(transactionId);
      if (match === null) return undefined;
      const [sequence, line] = [Number(match[1]), Number(match[2])];
      return of(await reader.accountOfTransaction(sequence, line), async (fold) => {
        const { transactions } = fold.tables;
        const made = transactions.changes().get(`${sequence}-${line}`);
        if (made != null) return transactionRow(made);
        const stored = await reader.transaction(fold.at, sequence, line);
        return stored === undefined ? undefined : transactionRow(transactions.shape.decode(stored));
      });
    },
    summarizeTransactions: async ({ accountId, ...filter }) => {
      if (accountId !== undefined) {
        return (await of(accountId, (fold) => transactionSums(fold, filter))) ?? [];
      }
      return sumsOfAll(accounts({ direction: 'asc' }), (fold) => transactionSums(fold, filter));
    },
    listPostings: async (accountId, { cursor, limit, direction }) => {
      const asked = { cursor: lineAfter(cursor), limit: limit + 1, direction };
      const show = ({ line: _, ...row }: PostingLine) => row;
      const page = await of(accountId, async (fold) =>
        linePage(await postingsOf(fold, asked), limit, show),
      );
      return page ?? noRows;
    },
    activity: async (filter) => {
      const { accountId, kinds = ['order', 'fill', 'transfer'], cursor, limit, direction } = filter;
      const paging = { accountId, cursor, limit, direction };
      const pages: Page<Activity>[] = [];
      if (kinds.includes('order')) {
        const { rows, next } = await queries.listOrders(paging);
        pages.push({ next, rows: rows.map(asOrder) });
      }
      if (kinds.includes('fill')) {
        const { rows, next } = await queries.listFills(paging);
        pages.push({ next, rows: rows.map(asFill) });
      }
      if (kinds.includes('transfer')) {
        // Every line of the cursor's own event is before it or after it: transfers have one line.
        const from = cursor === undefined ? undefined : lineCursor({ sequence: cursor, line: 1 });
        const transfers = { ...paging, cursor: from, types: transferTypes };
        const { rows, next } = await queries.listTransactions(transfers);
        pages.push({ next, rows: rows.map(asTransfer) });
      }
      return mergeActivity(pages, filter);
    },
    listBreaks: (filter) =>
      paged(filter, created, async ({ accountId }) =>
        breakPage(await breaksIn(reader, accountId, shown), filter),
      ),
    getBreak: (accountId, breakId) =>
      of(accountId, async () => {
        const { breaks } = await breaksIn(reader, accountId, shown);
        return breaks.get(breakKey(accountId, breakId));
      }),
    listReconciliations: async (accountId, paging) => {
      const page = await of(accountId, async () =>
        reconciliationPage(await breaksIn(reader, accountId, shown), paging),
      );
      return page ?? noRows;
    },
    listMarks: async (symbols) => {
      const asked = symbols === undefined ? null : [...new Set(symbols)];
      const rows = (await reader.market(asked, shown)).map(marketDataCacheTable.decode);
      return rows.map(markRow).toSorted((left, right) => (left.symbol < right.symbol ? -1 : 1));
    },
    status: live.status,
    waitFor: live.waitFor,
  };
  return queries;
};
