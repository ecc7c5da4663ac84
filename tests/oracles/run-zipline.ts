import { roundedCash, roundedPrice, roundedQuantity } from '#api/demo/decimal-text.ts';
import { loadDemo } from '#api/demo/load-demo.ts';
import { runQuotes } from '#api/demo/run-quotes.ts';
import { needsMargin, type RunAccount, runPolicy } from '#api/demo/run-steps.ts';
import type { RunDay } from '#api/demo/zipline-run.ts';
import type { AccountId, Actor, Symbol as Ticker } from '#domain/ids.ts';
import {
  absolute,
  add,
  type Cash,
  cash,
  notional,
  type Quantity,
  zeroCash,
} from '#domain/money.ts';
import type { SessionDate } from '#domain/time.ts';
import type { PositionRecord } from '#projections/positions/table.ts';
import {
  type Exact,
  exact,
  fromText,
  ofAverage,
  ofCash,
  plus,
  shown,
  within,
  zero,
} from './exact.ts';
import { createFeesInCost, type FeesInCost } from './fees-in-cost.ts';
import { type CaseReport, type Checks, startChecks } from './report.ts';
import { createWorld, type World } from './world.ts';

const accountId = '0192d4b6-0000-7000-8000-0000000021b1' as AccountId;

/** A run that went through the public commands, with what is needed to look at its end. */
export type ReplayedRun = {
  readonly report: CaseReport;
  readonly world: World;
  readonly fees: FeesInCost;
  readonly position: (symbol: Ticker) => PositionRecord | undefined;
  /** How far the file's doubles may be from exact cash by the end. */
  readonly cashNoise: Exact;
  /** The same for the portfolio's value. */
  readonly valueNoise: Exact;
};

export const accountOfRun = (run: readonly RunDay[]): RunAccount => {
  const margin = needsMargin(run);
  return {
    accountId,
    accountNumber: 'RUN-1',
    policy: runPolicy(margin ? 'margin' : 'cash'),
    // A run on margin owes more than Regulation T lets an order through: its fills are outside executions.
    fills: margin ? 'outside' : 'of_orders',
  };
};

/** Cash from the run's own fills in exact decimals, prices read to nine, beside what its doubles can have lost. */
const createRecomputation = (start: Cash) => {
  let amount = start;
  let largest = absolute(start);
  let priceNoise = 0n; // In 10^-18: nine decimals of a price are off by half of the last at most.
  let operations = 1n;
  const charged = new Map<string, Cash>();
  const move = (change: bigint): void => {
    amount = (amount + change) as Cash;
    if (absolute(amount) > largest) largest = absolute(amount);
    operations += 1n;
  };
  return {
    take: (day: RunDay): Cash => {
      for (const fill of day.transactions) {
        const quantity = roundedQuantity(fill.qty);
        move(-notional(roundedPrice(fill.price), quantity));
        priceNoise += absolute(quantity) / 2n + 1n;
      }
      for (const order of day.orders) {
        const total = roundedCash(order.commission);
        const change = (charged.get(order.id) ?? 0n) - total;
        if (change !== 0n) move(change);
        charged.set(order.id, total);
      }
      return amount;
    },
    /** 10^-6, the prices' rounding, and half a unit in the last place of a double for each step. */
    noise: (): Exact =>
      plus(
        ofCash((cash('0.000001') + priceNoise) as Cash),
        exact(largest * operations, 2n ** 53n * 10n ** 18n),
      ),
  };
};

type Day = { readonly day: RunDay; readonly exactCash: Cash; readonly noise: Exact };

const marketValues = (day: RunDay): readonly Cash[] =>
  day.positions.map((held) => notional(roundedPrice(held.last_price), roundedQuantity(held.qty)));

/** Marks read to nine decimals are off by half of the last at most; each product and sum of doubles by a unit in its last place. */
const valueNoise = ({ day, noise }: Day): Exact => {
  const values = marketValues(day);
  const rounding = day.positions.reduce(
    (total, { qty }) => total + absolute(roundedQuantity(qty)) / 2n + 1n,
    0n,
  );
  const gross = values.reduce((total: bigint, value) => total + absolute(value), 0n);
  const steps = BigInt(values.length + 1);
  const doubles = exact(gross * steps, 2n ** 52n * 10n ** 18n);
  return plus(noise, plus(ofCash(rounding as Cash), doubles));
};

const checkCash = (checks: Checks, world: World, today: Day): void => {
  const { day, exactCash, noise } = today;
  const point = world.tables.portfolioSnapshots.get(`${accountId}/${day.date}`);
  if (point === undefined) {
    checks.differ(`${day.date} portfolio_snapshots has no row`);
    return;
  }
  const values = marketValues(day);
  const exactValue = values.reduce(add, exactCash);
  const say = (what: string, wanted: string, got: Cash) => () =>
    `${day.date} ${what}: expected ${wanted}, got ${shown(ofCash(got))}`;
  const near = (wanted: string, got: Cash, limit: Exact): boolean =>
    within(fromText(wanted), ofCash(got), limit);
  const { cash: held, equity } = point;
  checks.check(held === exactCash, say('cash, exact', shown(ofCash(exactCash)), held));
  checks.check(near(day.ending_cash, held, noise), say('cash, file', day.ending_cash, held));
  checks.check(equity === exactValue, say('value, exact', shown(ofCash(exactValue)), equity));
  checks.check(
    near(day.portfolio_value, equity, valueNoise(today)),
    say('value, file', day.portfolio_value, equity),
  );
  const explained = point.netDeposits + point.realizedPnl + point.unrealizedPnl - point.commission;
  checks.check(
    explained === equity,
    say('deposits + realized + unrealized - commission', shown(ofCash(equity)), explained as Cash),
  );
};

const oneInBillion = 10n ** 9n;

const checkPositions = (checks: Checks, world: World, fees: FeesInCost, day: RunDay): void => {
  const held = new Map(world.tables.positions.group(accountId).map((row) => [row.symbol, row]));
  for (const { symbol, qty, cost_basis } of day.positions) {
    const row = held.get(symbol);
    held.delete(symbol);
    const got = row?.quantity ?? (0n as Quantity);
    checks.check(
      got === roundedQuantity(qty),
      () => `${day.date} ${symbol} shares: expected ${qty}, got ${got}e-9`,
    );
    if (row === undefined) continue;
    // Commission is positive and the basis signed: it raises a long's basis and lowers a short's.
    const basis = ofAverage((row.cost + fees.feesOf(symbol)) as Cash, row.quantity);
    const wanted = fromText(cost_basis);
    const limit = exact(absolute(wanted.numerator), wanted.denominator * oneInBillion);
    checks.check(
      within(basis, wanted, limit),
      () => `${day.date} ${symbol} cost basis: expected ${cost_basis}, got ${shown(basis)}`,
    );
  }
  for (const [symbol, row] of held) {
    checks.differ(`${day.date} ${symbol} shares: expected none, got ${row.quantity}e-9`);
  }
};

const checkOrders = (checks: Checks, world: World, run: readonly RunDay[]): void => {
  const fills = run.reduce((count, day) => count + day.transactions.length, 0);
  const booked = [...world.tables.orderFills.values()].filter(({ status }) => status === 'booked');
  checks.check(booked.length === fills, () => `fills: expected ${fills}, got ${booked.length}`);
  if (accountOfRun(run).fills === 'outside') return;
  const done = run.flatMap((day) => day.orders).filter(({ status }) => status === 'FILLED').length;
  const filled = [...world.tables.orders.values()].filter(({ status }) => status === 'filled');
  checks.check(
    filled.length === done,
    () => `filled orders: expected ${done}, got ${filled.length}`,
  );
};

/** Replays a run through the public commands and compares every day with what zipline found. */
export const replayRun = async (name: string, run: readonly RunDay[]): Promise<ReplayedRun> => {
  const quotes = runQuotes(run);
  const world = createWorld(quotes);
  const { ledger, market } = world;
  const account = accountOfRun(run);
  const actor = 'oracle' as Actor;
  await loadDemo({ ledger, market, quotes, account, run, actor, source: 'zipline' });

  const checks = startChecks(name);
  const position = (symbol: Ticker): PositionRecord | undefined =>
    world.tables.positions.get(`${accountId}/${symbol}`);
  const fees = createFeesInCost('all_at_close', (symbol) => position(symbol)?.cost ?? zeroCash);
  const start = roundedCash(run[0]?.starting_cash ?? '0');
  const recomputation = createRecomputation(start);
  let lastNoise = zero;
  const days = new Map<SessionDate, RunDay>(run.map((day) => [day.date, day]));
  await world.catchUp((event) => {
    fees.see(event);
    if (event.data.type !== 'SessionClosed') return;
    const day = days.get(event.data.session);
    if (day === undefined) return;
    days.delete(event.data.session);
    const exactCash = recomputation.take(day);
    const today = { day, exactCash, noise: recomputation.noise() };
    lastNoise = valueNoise(today);
    checkCash(checks, world, today);
    checkPositions(checks, world, fees, day);
  });
  checkOrders(checks, world, run);
  for (const date of days.keys()) checks.differ(`${date} did not close`);
  return {
    report: checks.report(),
    world,
    fees,
    position,
    cashNoise: recomputation.noise(),
    valueNoise: lastNoise,
  };
};

export const accountOfReplay = accountId;
