import { createHash } from 'node:crypto';
import type { AccountCommand } from '#commands/commands.ts';
import type { SessionMark } from '#commands/ports/market-feed.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import type { AccountId, BrokerOrderId, ClientOrderId, ExecutionId, OrderId } from '#domain/ids.ts';
import { absolute, type Cash, cash, subtract, zeroCash } from '#domain/money.ts';
import type { OrderTerms } from '#domain/order/terms.ts';
import type { Instant, SessionDate } from '#domain/time.ts';
import { roundedCash, roundedPrice, roundedQuantity } from './decimal-text.ts';
import { type RunSplit, splitsOf } from './run-splits.ts';
import type { RunDay, RunFill, RunOrder } from './zipline-run.ts';

/** One command of a run. `key`: see CommandMeta; the same run always gives the same ones. */
export type KeyedCommand = { readonly key: string | null; readonly command: AccountCommand };

/** A session in the order in which it happened: splits, fills, new orders; then the marks; then it closes. */
export type RunSession = {
  readonly session: SessionDate;
  readonly closedAt: Instant;
  readonly commands: readonly KeyedCommand[];
  readonly marks: readonly SessionMark[];
  /** The last execution of the session; null if nothing traded. */
  readonly lastExecution: ExecutionId | null;
};

export type RunAccount = {
  readonly accountId: AccountId;
  readonly accountNumber: string;
  readonly policy: AccountPolicy;
  /** Submit the run's orders and fill them; or take its fills as executions made outside, as for an account our risk rules would stop. */
  readonly fills: 'of_orders' | 'outside';
};

/** What the runs paid: 1 USD an order. */
export const runPolicy = (kind: AccountPolicy['kind']): AccountPolicy => ({
  kind,
  currency: 'USD',
  commission: { kind: 'fixed', amount: cash('1') },
  limits: { positionNotional: null, leverage: null, orderNotional: null },
  settlementDays: 0,
  broker: 'none',
});

/** Whether a cash account could not have lived through the run: it went short or into debt. */
export const needsMargin = (run: readonly RunDay[]): boolean =>
  run.some(
    (day) =>
      roundedCash(day.ending_cash) < 0n ||
      day.positions.some((held) => roundedQuantity(held.qty) < 0n),
  );

/** A uuid that the account and the run's own order id always give again. */
const orderIdOf = (accountId: AccountId, runOrder: string): OrderId => {
  const hex = createHash('sha256').update(`${accountId}/${runOrder}`).digest('hex');
  const version = `8${hex.slice(13, 16)}`;
  const variant = `a${hex.slice(17, 20)}`;
  return [hex.slice(0, 8), hex.slice(8, 12), version, variant, hex.slice(20, 32)].join(
    '-',
  ) as OrderId;
};

const termsOf = (order: RunOrder): OrderTerms => {
  const quantity = roundedQuantity(order.qty);
  const limitPrice = order.limit === null ? null : roundedPrice(order.limit);
  const stopPrice = order.stop === null ? null : roundedPrice(order.stop);
  const priced = limitPrice === null ? 'market' : 'limit';
  return {
    symbol: order.symbol,
    side: quantity < 0n ? 'sell' : 'buy',
    type: stopPrice === null ? priced : limitPrice === null ? 'stop' : 'stop_limit',
    timeInForce: 'gtc', // Given after one session's close, filled in the next.
    quantity: absolute(quantity),
    notional: null,
    limitPrice,
    stopPrice,
    trailAmount: null,
    trailPercent: null,
  };
};

const submission = (account: RunAccount, order: RunOrder): readonly KeyedCommand[] => {
  const orderId = orderIdOf(account.accountId, order.id);
  const at = order.created;
  const clientOrderId = order.id as ClientOrderId;
  const brokerOrderId = order.id as BrokerOrderId;
  return [
    {
      key: order.id,
      command: { type: 'SubmitOrder', orderId, clientOrderId, terms: termsOf(order), at },
    },
    {
      key: `accept:${order.id}`,
      command: { type: 'AcceptOrder', orderId, brokerOrderId, at },
    },
  ];
};

const splitCommand = (split: RunSplit, day: RunDay): KeyedCommand => ({
  key: `split:${split.symbol}:${day.date}`,
  command: {
    type: 'SplitStock',
    ...split,
    wholeShares: true,
    referencePrice: null,
    at: day.period_open,
  },
});

const marksOf = (day: RunDay): readonly SessionMark[] =>
  day.positions.map(({ symbol, last_price }) => {
    const price = roundedPrice(last_price);
    const prices = { open: price, high: price, low: price, close: price };
    return { symbol, session: day.date, ...prices, markedAt: day.period_close };
  });

/** Walks through a run and remembers what a later session needs of an earlier one. */
type Walk = {
  readonly account: RunAccount;
  readonly submitted: Set<string>;
  /** Commission charged so far, by order. */
  readonly charged: Map<string, Cash>;
  readonly fillCounts: Map<string, number>;
};

const fillCommand = (walk: Walk, day: RunDay, fill: RunFill): KeyedCommand => {
  const { account, charged, fillCounts } = walk;
  const order = day.orders.find(({ id }) => id === fill.order_id);
  const before = charged.get(fill.order_id) ?? zeroCash;
  const after = order === undefined ? before : roundedCash(order.commission);
  charged.set(fill.order_id, after);
  const place = (fillCounts.get(fill.order_id) ?? 0) + 1;
  fillCounts.set(fill.order_id, place);
  const quantity = roundedQuantity(fill.qty);
  return {
    key: null,
    command: {
      type: 'Fill',
      executionId: `${fill.order_id}:${place}` as ExecutionId,
      orderId: account.fills === 'outside' ? null : orderIdOf(account.accountId, fill.order_id),
      symbol: fill.symbol,
      side: quantity < 0n ? 'sell' : 'buy',
      quantity: absolute(quantity),
      price: roundedPrice(fill.price),
      // The run says what an order has cost so far: the first fill of a session bears what is new.
      commission: subtract(after, before),
      liquidity: 'unknown',
      venue: 'zipline',
      at: fill.ts,
    },
  };
};

const submissions = (walk: Walk, orders: readonly RunOrder[]): readonly KeyedCommand[] =>
  orders
    .filter(({ id }) => walk.account.fills === 'of_orders' && !walk.submitted.has(id))
    .flatMap((order) => {
      walk.submitted.add(order.id);
      return submission(walk.account, order);
    });

const endings = (walk: Walk, day: RunDay): readonly KeyedCommand[] =>
  day.orders
    .filter(({ id, status }) => status === 'CANCELLED' && walk.submitted.has(id))
    .map(({ id }) => ({
      key: `canceled:${id}`,
      command: {
        type: 'ConfirmCancel',
        orderId: orderIdOf(walk.account.accountId, id),
        reason: 'canceled by the run',
        at: day.period_close,
      },
    }));

const opening = ({ accountId, accountNumber, policy }: RunAccount, day: RunDay): KeyedCommand[] => {
  const at = day.period_open;
  const amount = roundedCash(day.starting_cash);
  const description = 'Starting cash of the run';
  return [
    {
      key: 'open',
      command: { type: 'OpenAccount', accountId, accountNumber, userId: null, policy, at },
    },
    {
      key: 'deposit',
      command: { type: 'DepositCash', amount, description, externalReference: null, at },
    },
  ];
};

/**
 * A run as public commands, a session at a time. Orders given after the last close are left out: nothing in
 * the run answers them.
 */
export function* toSessions(account: RunAccount, run: readonly RunDay[]): Generator<RunSession> {
  const walk: Walk = {
    account,
    submitted: new Set(),
    charged: new Map(),
    fillCounts: new Map(),
  };
  for (const [index, day] of run.entries()) {
    const filledToday = new Set(day.transactions.map(({ order_id }) => order_id));
    const isLast = index === run.length - 1;
    const commands = [
      ...(index === 0 ? opening(account, day) : []),
      ...splitsOf(run[index - 1], day).map((split) => splitCommand(split, day)),
      ...submissions(
        walk,
        day.orders.filter(({ id }) => filledToday.has(id)),
      ),
      ...day.transactions.map((fill) => fillCommand(walk, day, fill)),
      ...(isLast ? [] : submissions(walk, day.orders)),
      ...endings(walk, day),
    ];
    const executions = commands.flatMap(({ command }) =>
      command.type === 'Fill' ? [command.executionId] : [],
    );
    yield {
      session: day.date,
      closedAt: day.period_close,
      commands,
      marks: marksOf(day),
      lastExecution: executions.at(-1) ?? null,
    };
  }
}
