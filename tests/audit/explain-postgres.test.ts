import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { ordersCommand, portfolioCommand, positionsCommand } from '#api/cli/as-of.ts';
import type { Command } from '#api/cli/command.ts';
import { UsageError } from '#api/cli/command-line.ts';
import { explainCommand } from '#api/cli/explain.ts';
import { explain } from '#audit/explain/explain.ts';
import { NoSuchFigure } from '#audit/explain/explanation.ts';
import { type Figure, figures } from '#audit/explain/figures.ts';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import { createQueries } from '#database/postgres/read-tables/queries.ts';
import type { AccountId } from '#domain/ids.ts';
import { formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { instant } from '#domain/time.ts';
import { foldLedger } from '#projections/fold.ts';
import type { Queries } from '#projections/ports/queries.ts';
import { randomHistory, uuid } from '../support/account-histories.ts';
import { anySubject, checkSums, spread } from './explain-world.ts';
import { ledgerOf, type TestedLedger } from './look-world.ts';

const accountId = uuid<AccountId>(1);
const now = () => instant('2024-01-02T20:00:00Z');
const history = randomHistory({ seed: 21, accounts: 2, symbols: 2, events: 400, rare: true });

/** Runs a command as the program does; what it said and its exit code. */
const ask = async (
  { run }: Command,
  positionals: readonly string[],
  options: Readonly<Record<string, string | boolean>> = {},
) => {
  const said: string[] = [];
  const told: string[] = [];
  const speech = {
    out: (line: string) => said.push(line),
    tell: (line: string) => told.push(line),
    draw: () => {},
    isWatched: false,
  };
  const values = { account: accountId, ...options };
  const code = await run({ values, positionals }, speech, new AbortController().signal);
  return { code, said, told };
};
const asked = async (...of: Parameters<typeof ask>) => {
  const { code, said } = await ask(of[0], of[1], { ...of[2], json: true });
  assert.equal(code, 0);
  return JSON.parse(said.join('\n'));
};

describe('the commands over a real ledger', () => {
  let ledger: TestedLedger;
  let pool: pg.Pool;
  let queries: Queries;
  before(async () => {
    ledger = await ledgerOf(history);
    pool = new pg.Pool({ connectionString: ledger.connectionString, max: 1 });
    pool.on('error', () => {}); // Dropping the database cuts sessions that are just ending.
    queries = createQueries({ pool, clock: { now } });
  });
  after(async () => {
    await pool.end();
    await ledger.close();
  });
  const explainer = () => explainCommand(ledger.look);

  it('explain the figures that the queries give', async () => {
    const account = await queries.getAccount(accountId);
    assert.ok(account);
    const cash = await asked(explainer(), ['accounts.cash']);
    assert.equal(cash.value, formatCash(account.cash));
    const power = await asked(explainer(), ['accounts.buying_power']);
    assert.equal(power.value, formatCash(account.buyingPower));
    const reserved = await asked(explainer(), ['accounts.reserved_cash']);
    assert.equal(reserved.value, formatCash(account.reserved));
    const positions = await queries.listPositions(accountId);
    assert.ok(positions.length > 0);
    for (const { symbol, averageCost, unrealizedPnl, realizedPnl } of positions) {
      const of = async (name: string) => (await asked(explainer(), [name], { symbol })).value;
      assert.equal(await of('positions.avg_cost'), formatPrice(averageCost));
      assert.equal(await of('positions.unrealized_pnl'), formatCash(unrealizedPnl));
      assert.equal(await of('positions.realized_pnl'), formatCash(realizedPnl));
    }
    const { rows } = await queries.listOrders({ accountId, limit: 30 });
    for (const { orderId, averageFillPrice, reservedCash } of rows) {
      const kept = await asked(explainer(), ['orders.reserved_cash'], { order: orderId });
      assert.equal(kept.value, formatCash(reservedCash));
      if (averageFillPrice === null) continue;
      const average = await asked(explainer(), ['orders.avg_fill_price'], { order: orderId });
      assert.equal(average.value, formatPrice(averageFillPrice));
    }
  });

  it('show an account now as the queries do', async () => {
    const account = await queries.getAccount(accountId);
    const { portfolio } = await asked(portfolioCommand(ledger.look), []);
    assert.equal(portfolio.equity, formatCash(account?.equity ?? (0n as never)));
    const { positions } = await asked(positionsCommand(ledger.look), []);
    assert.deepEqual(
      positions.map((row: Record<string, string>) => [row['symbol'], row['quantity']]),
      (await queries.listPositions(accountId)).map((row) => [
        row.symbol,
        formatQuantity(row.quantity),
      ]),
    );
    const early = await asked(ordersCommand(ledger.look), [], { known: '60' });
    assert.ok(early.orders.length > 0);
    assert.ok(early.orders.every(({ sequence }: { sequence: number }) => sequence <= 60));
  });

  it('write a line for each step, and the figure last', async () => {
    const { said } = await ask(explainer(), ['accounts.cash']);
    const { value, lines, sequence } = await asked(explainer(), ['accounts.cash']);
    assert.equal(said.length, lines.length + 4);
    assert.equal(said[0], `accounts.cash = ${value}`);
    assert.equal(said.at(-1), `accounts.cash = ${value}, as of event ${sequence}`);
    const last = { last: '2' };
    const short = await ask(explainer(), ['accounts.cash'], last);
    assert.equal(short.said.length, 3 + 4);
    assert.match(short.said[2] ?? '', new RegExp(`earlier: ${lines.length - 2} lines`));
    assert.equal((await asked(explainer(), ['accounts.cash'], last)).value, value);
  });

  it('nest the operands of what is derived, each with its formula', async () => {
    const [position] = await queries.listPositions(accountId);
    assert.ok(position);
    const { symbol } = position;
    const { said } = await ask(explainer(), ['positions.unrealized_pnl_pct'], { symbol });
    const formula = '= 100 × positions.unrealized_pnl / |positions.total_cost|, to four decimals';
    assert.equal(said[1], formula);
    const indented = said.filter((line) => /^ +positions\.\w+ = /.test(line));
    assert.ok(indented.some((line) => line.startsWith('        positions.market_value = ')));
    const json = await asked(explainer(), ['positions.avg_cost'], { symbol });
    assert.equal(json.formula, 'positions.total_cost / positions.quantity, to nine decimals');
    assert.deepEqual(
      json.parts.map((part: { figure: string }) => part.figure),
      ['positions.total_cost', 'positions.quantity'],
    );
  });

  it('list the figures there are where one is unknown, and refuse what they do not understand', async () => {
    await assert.rejects(ask(explainer(), ['accounts.luck']), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /no figure accounts\.luck.*positions\.realized_pnl /s);
      return true;
    });
    await assert.rejects(ask(explainer(), ['positions.quantity']), /needs --symbol S/);
    await assert.rejects(ask(explainer(), ['lots.cost']), /needs --id ID/);
    await assert.rejects(ask(explainer(), ['postings.amount'], { book: 'fees' }), UsageError);
    await assert.rejects(ask(explainer(), ['orders.sequence']), /is a place in the log/);
    const day = { session: '2024-02-30' };
    await assert.rejects(ask(explainer(), ['portfolio_snapshots.cash'], day), UsageError);
    const positions = positionsCommand(ledger.look);
    await assert.rejects(ask(positions, [], { 'as-of': 'yesterday' }), UsageError);
    const beyond = await ask(positions, [], { known: '100000' });
    assert.deepEqual([beyond.code, beyond.said], [2, []]);
    assert.match(beyond.told.join(), /the log ends at 400/);
  });

  it('find a cell that somebody has changed', async () => {
    await ledger.tamper('UPDATE read_v1.accounts SET cash = cash + 0.01 WHERE account_id = $1', [
      accountId,
    ]);
    const { code, said, told } = await ask(explainer(), ['accounts.cash']);
    assert.deepEqual([code, said], [1, []]);
    assert.match(told.join(), /the live read tables say/);
  });
});

describe('any figure of the live read tables', () => {
  const asCash = (log: readonly RecordedEvent[]): readonly RecordedEvent[] =>
    log.map((event) => {
      const { data } = event;
      if (data.type !== 'AccountOpened' || data.accountId === accountId) return event;
      return { ...event, data: { ...data, policy: { ...data.policy, kind: 'cash' } } };
    });

  it('is what the database shows, found by its key, and the sum of its lines', async () => {
    const settings = { seed: 78, accounts: 2, symbols: 2, events: 520, rare: true };
    const log = asCash(spread(randomHistory(settings), 9));
    await using ledger = await ledgerOf(log);
    const tables = foldLedger(log);
    const seen = new Set<string>();
    const at = log[450]?.effectiveAt ?? now();
    const attempt = async (snapshot: LookSnapshot, figure: Figure, pick: number) => {
      const account = pick % 3 === 0 ? uuid<AccountId>(2) : accountId;
      const subject = anySubject(tables, account, figure, pick, at);
      try {
        checkSums(await explain(snapshot, figure, subject, null, 10));
        seen.add(figure.name);
      } catch (error) {
        if (!(error instanceof NoSuchFigure)) throw error;
      }
    };
    await ledger.look(async (snapshot) => {
      for (const figure of figures) {
        for (let pick = 0; pick < 3; pick += 1) await attempt(snapshot, figure, pick * 37);
      }
    });
    const never = /trail|high_water|orders\.(notional|stop_price)/;
    const unseen = figures.map(({ name }) => name).filter((name) => !seen.has(name));
    assert.deepEqual(
      unseen.filter((name) => !never.test(name)),
      [],
    );
  });
});
