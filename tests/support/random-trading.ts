import fc from 'fast-check';
import type { AccountCommand } from '#commands/commands.ts';
import type { Quote, Quotes } from '#commands/ports/quotes.ts';
import type { AccountPolicy, CommissionSchedule, RiskLimits } from '#domain/account/policy.ts';
import {
  type AccountState,
  holdingOf,
  type OrderState,
  remainingQuantity,
} from '#domain/account/state.ts';
import type { ExecutionId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import { cash, type Price, price, type Quantity, quantity, ratio } from '#domain/money.ts';
import { isLive } from '#domain/order/lifecycle.ts';
import { orderTypes, sides, timesInForce } from '#domain/order/terms.ts';
import { toIncrement } from '#domain/risk/price-increment.ts';
import { maxOrderSize } from '#domain/risk/rules.ts';
import { fromMilliseconds, type Instant } from '#domain/time.ts';
import {
  acceptance,
  adjustment,
  bust,
  cancel,
  cancelAll,
  cancelDenied,
  canceled,
  close,
  correct,
  deposit,
  dividend,
  expiry,
  fee,
  fill,
  interest,
  openAccount,
  orderId,
  quoteOf,
  rejection,
  replace,
  replaceConfirmed,
  replaceDenied,
  reportedDividend,
  reportedWithdrawal,
  split,
  standing,
  submit,
  type TermsInWords,
  ticker,
  trailing,
  trigger,
  withdraw,
} from './makers.ts';

export const tickers = ['ACME', 'BIRD', 'PENY'] as const;
const startingPrices: Readonly<Record<string, string>> = { ACME: '10', BIRD: '140', PENY: '0.5' };

/** Two numbers and a kind; what it means depends on where the account is when its turn comes. */
export type Move = {
  readonly kind: (typeof moveKinds)[number];
  readonly pick: number;
  readonly amount: number;
  readonly twist: number;
};

/** How often each kind comes up is how often it is here. */
const moveKinds = [
  ...[
    'submit',
    'submit',
    'submit',
    'submit',
    'edge',
    'edge',
    'fill',
    'fill',
    'fill',
    'fill',
    'fill',
  ],
  ...['accept', 'accept', 'replace', 'replace', 'confirm_replace', 'confirm_replace'],
  ...['deny_replace', 'cancel', 'cancel', 'confirm_cancel', 'deny_cancel', 'cancel_all'],
  ...['close', 'reject', 'trigger', 'trail', 'expire', 'outside', 'bust', 'correct', 'correct'],
  ...['repeat', 'repeat', 'split', 'dividend', 'deposit', 'withdraw', 'fee', 'interest'],
  ...['gone', 'paid'],
  ...['adjust', 'suspend', 'reinstate', 'market', 'market', 'time'],
] as const;

export const anyMove: fc.Arbitrary<Move> = fc.record({
  kind: fc.constantFrom(...moveKinds),
  pick: fc.nat(1000),
  amount: fc.integer({ min: 1, max: 1000 }),
  twist: fc.nat(1000),
});

const anyCommission: fc.Arbitrary<CommissionSchedule> = fc.constantFrom<CommissionSchedule>(
  { kind: 'basis_points', rate: ratio('0.08') },
  { kind: 'basis_points', rate: ratio('35') },
  { kind: 'per_share', rate: price('0.005'), minimum: cash('1') },
  { kind: 'fixed', amount: cash('4.95') },
);

const anyLimits: fc.Arbitrary<RiskLimits> = fc.constantFrom<RiskLimits>(
  { positionNotional: null, leverage: null, orderNotional: null },
  { positionNotional: null, leverage: null, orderNotional: null },
  { positionNotional: cash('20000'), leverage: ratio('1.5'), orderNotional: cash('9000') },
);

export const anyPolicy: fc.Arbitrary<AccountPolicy> = fc.record({
  kind: fc.constantFrom('cash', 'margin'),
  currency: fc.constant('USD'),
  commission: anyCommission,
  limits: anyLimits,
  settlementDays: fc.constantFrom(0, 1, 3),
  broker: fc.constantFrom('paper', 'paper', 'paper', 'none'),
});

/** What the driver of a random run knows besides the account's own state. */
export type World = {
  now: number;
  orders: number;
  executions: number;
  readonly prices: Map<Ticker, Price>;
  readonly orderIds: OrderId[];
  readonly executionIds: ExecutionId[];
  readonly reports: AccountCommand[];
};

export const newWorld = (): World => ({
  now: Date.UTC(2014, 0, 3, 15),
  orders: 0,
  executions: 0,
  prices: new Map(
    Object.entries(startingPrices).map(([symbol, text]) => [ticker(symbol), price(text)]),
  ),
  orderIds: [],
  executionIds: [],
  reports: [],
});

export const quotesIn = (world: World): Quotes => ({
  latest: (symbol): Quote | undefined => {
    const last = world.prices.get(symbol);
    return last === undefined ? undefined : quoteOf(symbol, last, fromMilliseconds(world.now));
  },
});

const symbolAt = (index: number): string => tickers[index % tickers.length] ?? 'ACME';
const lastPrice = (world: World, symbol: string): Price =>
  world.prices.get(ticker(symbol)) ?? price('1');

/** `last` moved by -20 % … +20 %, on the increment and never zero. */
const near = (last: Price, twist: number): Price => {
  const moved = toIncrement(((last * BigInt(800 + (twist % 401))) / 1000n) as Price, 'up');
  return moved > 0n ? moved : price('0.0001');
};
const text = (value: bigint): string => {
  const digits = value.toString().padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
};

/** Whole, half or odd numbers of shares. */
const someShares = (amount: number, twist: number): string => {
  if (twist % 5 === 0) return `${amount % 50}.${(twist % 9) + 1}`;
  return twist % 7 === 0 ? `0.00000000${(amount % 9) + 1}` : String(amount);
};

const someTerms = (world: World, { pick, amount, twist }: Move): TermsInWords => {
  const symbol = symbolAt(pick);
  const last = lastPrice(world, symbol);
  const side = sides[pick % 2] ?? 'buy';
  const type = orderTypes[twist % orderTypes.length] ?? 'market';
  const timeInForce = timesInForce[amount % timesInForce.length] ?? 'day';
  if (twist % 11 === 0) {
    return { symbol, side, notional: `${amount * 3}.${twist % 100}`, timeInForce };
  }
  const waits = type !== 'market' && type !== 'limit';
  return {
    symbol,
    side,
    type,
    timeInForce: waits && twist % 13 !== 0 ? 'gtc' : timeInForce,
    quantity: someShares(amount, twist),
    ...(type === 'limit' || type === 'stop_limit' ? { limit: text(near(last, twist)) } : {}),
    ...(type === 'stop' || type === 'stop_limit' ? { stop: text(near(last, amount)) } : {}),
    ...(type === 'trailing_stop' ? { trailPercent: `${(amount % 20) + 1}` } : {}),
  };
};

/** What a move is mostly about; without this, answers would seldom meet what they answer. */
const awaits = (order: OrderState, kind: Move['kind']): boolean => {
  switch (kind) {
    case 'confirm_replace':
    case 'deny_replace':
      return order.replacement !== null;
    case 'confirm_cancel':
    case 'deny_cancel':
      return order.status === 'pending_cancel';
    case 'accept':
      return order.brokerOrderId === null;
    default:
      return isLive(order.status);
  }
};

/** One of the ids given out so far, mostly one that waits for this move; now and then one that nobody knows. */
const someOrder = (world: World, state: AccountState, { kind, pick, twist }: Move): OrderId => {
  const waiting = [...state.orders.values()].filter((order) => awaits(order, kind));
  const inFlight = waiting.flatMap(({ replacement }) => replacement ?? []);
  const likely = [...waiting, ...(kind === 'fill' ? inFlight : [])].map(({ orderId }) => orderId);
  const from = twist % 6 === 0 || likely.length === 0 ? world.orderIds : likely;
  return from[pick % from.length] ?? orderId('nobody');
};

const fillOfOrder = (world: World, state: AccountState, move: Move): AccountCommand => {
  const id = someOrder(world, state, move);
  const { amount, twist } = move;
  const order = state.orders.get(id);
  const replacing = [...state.orders.values()].find(
    ({ replacement }) => replacement?.orderId === id,
  );
  const { symbol, side } = order?.terms ??
    replacing?.terms ?? { symbol: ticker(symbolAt(twist)), side: 'buy' as const };
  const value = near(lastPrice(world, symbol), twist);
  const byNotional = order?.terms.notional
    ? (((order.terms.notional - order.filledNotional) / value) as Quantity)
    : quantity('10');
  const left = (order === undefined ? null : remainingQuantity(order)) ?? byNotional;
  // All of what is left, a part of it, or now and then more.
  const part = amount % 3 === 0 ? left : (left * BigInt(amount)) / 980n;
  const shares = part > 0n ? part : 1n;
  world.executions += 1;
  const executionId = `x${world.executions}`;
  world.executionIds.push(executionId as ExecutionId);
  return fill(executionId, id, text(shares), text(value), {
    symbol: twist % 97 === 0 ? 'BIRD' : symbol,
    side: twist % 89 === 0 ? 'sell' : side,
    ...(twist % 10 === 0 ? { commission: '0.37' } : {}),
  });
};

const outsideFill = (world: World, { pick, amount, twist }: Move): AccountCommand => {
  const symbol = symbolAt(pick);
  world.executions += 1;
  const executionId = `x${world.executions}`;
  world.executionIds.push(executionId as ExecutionId);
  const value = near(lastPrice(world, symbol), twist);
  return fill(executionId, null, someShares(amount, twist), text(value), {
    symbol,
    side: sides[twist % 2] ?? 'buy',
  });
};

const someCorrection = (world: World, state: AccountState, move: Move): AccountCommand => {
  const { pick, amount, twist } = move;
  const id = world.executionIds[pick % Math.max(1, world.executionIds.length)];
  const known = id === undefined ? undefined : state.executions.get(id);
  if (id === undefined || known === undefined) return correct('nobody-knows', '1', '1');
  const shares = twist % 3 === 0 ? known.quantity : (known.quantity * BigInt(amount)) / 700n;
  const value = twist % 2 === 0 ? known.price : near(known.price, amount);
  const commission = twist % 4 === 0 ? '1.11' : undefined;
  return correct(id, text(shares > 0n ? shares : 1n), text(value), commission);
};

const someSplit = (move: Move): AccountCommand => {
  const ratios = [
    [7n, 1n],
    [1n, 20n],
    [3n, 2n],
    [1n, 3n],
  ] as const;
  const [newShares, oldShares] = ratios[move.amount % ratios.length] ?? ratios[0];
  const symbol = ticker(symbolAt(move.pick));
  return split(newShares, oldShares, { symbol, wholeShares: move.twist % 2 === 0 });
};

const someReplacement = (world: World, state: AccountState, move: Move): AccountCommand => {
  const id = someOrder(world, state, move);
  const known = state.orders.get(id)?.terms;
  world.orders += 1;
  const by = `o${world.orders}`;
  world.orderIds.push(orderId(by));
  return replace(id, by, {
    ...(move.twist % 3 === 0 ? {} : { quantity: someShares(move.amount, move.twist) }),
    ...(known?.limitPrice ? { limit: text(near(known.limitPrice, move.amount)) } : {}),
  });
};

const replacementOf = (state: AccountState, id: OrderId): string =>
  state.orders.get(id)?.replacement?.orderId ?? 'nobody';

const newOrderId = (world: World): string => {
  world.orders += 1;
  const id = `o${world.orders}`;
  world.orderIds.push(orderId(id));
  return id;
};

const reportOf = (world: World, state: AccountState, move: Move): AccountCommand | null => {
  const id = someOrder(world, state, move);
  const mark = text(near(lastPrice(world, symbolAt(move.pick)), move.twist));
  switch (move.kind) {
    case 'accept':
      return acceptance(id);
    case 'reject':
      return rejection(id);
    case 'trigger':
      return trigger(id, mark);
    case 'trail':
      return trailing(id, mark, mark);
    case 'confirm_cancel':
      return canceled(id);
    case 'deny_cancel':
      return cancelDenied(id);
    case 'confirm_replace':
      return replaceConfirmed(id, replacementOf(state, id));
    case 'deny_replace':
      return replaceDenied(id, replacementOf(state, id));
    case 'expire':
      return expiry(id);
    case 'fill':
      return fillOfOrder(world, state, move);
    case 'outside':
      return outsideFill(world, move);
    case 'bust':
      return bust(world.executionIds[move.pick % Math.max(1, world.executionIds.length)] ?? 'x');
    case 'correct':
      return someCorrection(world, state, move);
    default:
      return null;
  }
};

const bookkeepingOf = (world: World, { kind, pick, amount }: Move): AccountCommand | null => {
  switch (kind) {
    case 'deposit':
      return deposit(`${amount * 20}.33`);
    case 'withdraw':
      return withdraw(`${amount * 10}.01`);
    case 'fee':
      return fee(`${amount}.5`);
    case 'interest':
      return interest(pick % 2 === 0 ? `${amount}.000000000000000001` : `-${amount}`);
    case 'adjust':
      return adjustment(pick % 2 === 0 ? `${amount}` : `-${amount}`);
    case 'dividend':
      return dividend(`0.${amount}`, symbolAt(pick));
    case 'gone':
      return reportedWithdrawal(`${amount * 10}.01`);
    case 'paid':
      return reportedDividend(pick % 3 === 0 ? `-${amount}.07` : `${amount}.07`, symbolAt(pick));
    case 'suspend':
      return standing('SuspendAccount');
    case 'reinstate':
      return standing('ReinstateAccount');
    case 'market': {
      const symbol = symbolAt(pick);
      world.prices.set(ticker(symbol), near(lastPrice(world, symbol), amount));
      return null;
    }
    case 'time':
      world.now += amount * 3_600_000;
      return null;
    default:
      return null;
  }
};

/** A market order of just the size that is possible, or of the smallest quantity or one share more. */
const edgeOrder = (
  world: World,
  state: AccountState,
  { pick, twist }: Move,
): AccountCommand | null => {
  const symbol = symbolAt(pick);
  const market = quotesIn(world).latest(ticker(symbol));
  if (state.policy === null || market === undefined) return null;
  const side = sides[twist % 2] ?? 'buy';
  const prices = quotesIn(world).latest;
  const at = fromMilliseconds(world.now);
  const proposal = { state, policy: state.policy, market, prices, at };
  const most = maxOrderSize(proposal, market.symbol, side);
  const more = [0n, 0n, 1n, 10n ** 9n][pick % 4] ?? 0n;
  return submit(newOrderId(world), { symbol, side, quantity: text(most + more) });
};

const intentionOf = (world: World, state: AccountState, move: Move): AccountCommand | null => {
  switch (move.kind) {
    case 'edge':
      return edgeOrder(world, state, move);
    case 'submit':
      return submit(newOrderId(world), someTerms(world, move));
    case 'replace':
      return someReplacement(world, state, move);
    case 'cancel':
      return cancel(someOrder(world, state, move));
    case 'cancel_all':
      return cancelAll(move.twist % 2 === 0 ? symbolAt(move.pick) : null);
    case 'close': {
      const symbol = symbolAt(move.pick);
      const held = holdingOf(state, ticker(symbol)).quantity;
      const half = ((held < 0n ? -held : held) / 2n) as Quantity;
      return close(newOrderId(world), symbol, move.twist % 2 === 0 ? undefined : text(half));
    }
    case 'split':
      return someSplit(move);
    default:
      return null;
  }
};

/** The command that a move stands for now; null where it only moves the world on. */
export const commandOf = (world: World, state: AccountState, move: Move): AccountCommand | null => {
  world.now += 1000;
  const at: Instant = fromMilliseconds(world.now);
  if (move.kind === 'repeat') {
    return world.reports[move.pick % Math.max(1, world.reports.length)] ?? null;
  }
  const report = reportOf(world, state, move);
  if (report !== null) {
    const dated = { ...report, at };
    world.reports.push(dated);
    return dated;
  }
  const intention = intentionOf(world, state, move) ?? bookkeepingOf(world, move);
  return intention === null ? null : { ...intention, at };
};

/** How every random run begins. */
export const opening = (policy: AccountPolicy): readonly AccountCommand[] => [
  openAccount(policy),
  deposit('30000'),
];
