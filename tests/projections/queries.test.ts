import { deepEqual, equal } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { createQueries } from '#database/postgres/read-tables/queries.ts';
import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import { instant } from '#domain/time.ts';
import { foldLedger } from '#projections/fold.ts';
import type { Page, Queries } from '#projections/ports/queries.ts';
import { currentPrice, marketValue } from '#projections/positions/value.ts';
import { randomHistory, uuid } from '../support/account-histories.ts';
import { applyAll, finishedFeed, readDatabase } from '../support/read-tables.ts';

const log = randomHistory({ seed: 5, accounts: 3, symbols: 3, events: 1_500, rare: true });
const folded = foldLedger(log);
const accountId = uuid<AccountId>(1);
const clock = { now: () => instant('2024-06-01T00:00:00Z') };

/** Every row of a list, page by page. */
const everything = async <Row>(
  list: (paging: { cursor?: number; limit: number }) => Promise<Page<Row>>,
): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  let page = await list({ limit: 7 });
  rows.push(...page.rows);
  while (page.next !== null) {
    page = await list({ limit: 7, cursor: page.next });
    rows.push(...page.rows);
  }
  return rows;
};

describe('the queries over a random log', () => {
  let database: Awaited<ReturnType<typeof readDatabase>>;
  let pool: pg.Pool;
  let queries: Queries;
  before(async () => {
    database = await readDatabase();
    await applyAll(database.client, finishedFeed(log));
    pool = new pg.Pool({ connectionString: database.connectionString, max: 2 });
    pool.on('error', () => {}); // Dropping the database cuts sessions that are just ending.
    queries = createQueries({ pool, clock });
  });
  after(async () => {
    await pool.end();
    await database.close();
  });

  it('value positions at the latest mark, as the fold does', async () => {
    const rows = await queries.listPositions(accountId);
    const held = folded.positions.group(accountId);
    equal(rows.length, held.length);
    for (const row of rows) {
      const record = held.find(({ symbol }) => symbol === row.symbol);
      const market = folded.marketDataCache.get(row.symbol);
      if (record === undefined) throw new Error(`${row.symbol} is held`);
      equal(row.quantity, record.quantity);
      equal(row.currentPrice, currentPrice(record, market));
      equal(row.unrealizedPnl, marketValue(record, market) - record.cost);
      equal(row.maxFavorableExcursion >= row.totalPnl, true);
      equal(row.maxAdverseExcursion <= row.totalPnl, true);
    }
    deepEqual(
      await queries.getPosition(accountId, 'S0' as Ticker),
      rows.find(({ symbol }) => symbol === 'S0'),
    );
  });

  it('give an account with figures that fit together', async () => {
    const account = await queries.getAccount(accountId);
    const record = folded.accounts.get(accountId);
    equal(account?.cash, record?.cash);
    equal(account?.equity, (account?.cash ?? 0n) + (account?.positionsValue ?? 0n));
    deepEqual(await queries.getAccountByNumber('A-0'), account);
    equal((await queries.listAccounts({ limit: 2 })).rows.length, 2);
    const summary = await queries.portfolio(accountId);
    equal(summary?.totalPnl, (account?.realizedPnl ?? 0n) + (account?.unrealizedPnl ?? 0n));
    equal(await queries.getAccount(uuid<AccountId>(99)), undefined);
  });

  it('page through orders, fills, transactions, postings and activity without a gap or a repeat', async () => {
    const of = [...folded.orders.values()].filter((order) => order.accountId === accountId);
    const orders = await everything((paging) => queries.listOrders({ accountId, ...paging }));
    deepEqual(
      orders.map((order) => order.createdSequence),
      of.map((order) => order.createdSequence).toSorted((left, right) => right - left),
    );
    const open = await everything((paging) =>
      queries.listOrders({ accountId, status: 'open', ...paging }),
    );
    const closed = await everything((paging) =>
      queries.listOrders({ accountId, status: 'closed', ...paging }),
    );
    equal(open.length + closed.length, orders.length);
    equal(
      open.reduce((total, order) => total + order.reservedCash, 0n),
      folded.accounts.get(accountId)?.reserved,
    );
    const lines = await everything((paging) =>
      queries.listTransactions({ accountId, direction: 'asc', ...paging }),
    );
    equal(
      lines.reduce((total, { amount }) => total + amount, 0n),
      folded.accounts.get(accountId)?.cash,
    );
    equal(lines.at(-1)?.balanceAfter, folded.accounts.get(accountId)?.cash);
    const summary = await queries.summarizeTransactions({ accountId });
    equal(
      summary.reduce((total, { net }) => total + net, 0n),
      folded.accounts.get(accountId)?.cash,
    );
    const line = lines.at(-1);
    deepEqual(line && (await queries.getTransaction(line.transactionId)), line);
    const fills = await everything((paging) => queries.listFills({ accountId, ...paging }));
    const transfers = lines.filter(({ type }) => type !== 'trade' && type !== 'commission');
    const activity = await everything((paging) => queries.activity({ accountId, ...paging }));
    equal(activity.length, orders.length + fills.length + transfers.length);
    const postings = await everything((paging) => queries.listPostings(accountId, paging));
    const entries = [...folded.journalEntries.values()].filter(
      (entry) => entry.accountId === accountId,
    );
    equal(postings.length, entries.flatMap(({ legs }) => legs).length);
  });

  it('give one order with its fills', async () => {
    const fill = [...folded.orderFills.values()].find((row) => row.orderId !== null);
    if (!fill?.orderId) throw new Error('there is a fill');
    const order = await queries.getOrder(fill.orderId);
    const fills = await queries.orderFills(fill.orderId);
    equal(
      fills.some(({ fillId }) => fillId === fill.fillId),
      true,
    );
    deepEqual(
      order && (await queries.getOrderByClientId(order.accountId, order.clientOrderId)),
      order,
    );
  });

  it('give history, lots, marks and the equity curve', async () => {
    const history = await everything((paging) =>
      queries.listPositionHistory({ accountId, ...paging }),
    );
    const closed = [...folded.positionHistory.values()].filter(
      (row) => row.accountId === accountId,
    );
    equal(history.length, closed.length);
    for (const row of history) equal(row.realizedPnlNet, row.realizedPnl - row.commission);
    for (const position of await queries.listPositions(accountId)) {
      const lots = await queries.listLots(accountId, position.symbol);
      equal(
        lots.reduce((total, lot) => total + lot.quantity, 0n),
        position.quantity,
      );
    }
    equal((await queries.listMarks()).length, [...folded.marketDataCache.values()].length);
    const points = await queries.portfolioHistory(accountId, {});
    equal(
      points.every(({ equity, cash, positionsValue }) => equity === cash + positionsValue),
      true,
    );
    equal(points.length > 0, true);
  });

  it('say how far they are, and that what is not there yet has not come in time', async () => {
    equal((await queries.status()).checkpoint, 1_500);
    equal(await queries.waitFor(1_500, 500), 'reached');
    equal(await queries.waitFor(1_501, 50), 'timed_out');
  });
});
