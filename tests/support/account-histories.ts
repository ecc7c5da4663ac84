import type {
  AccountId,
  Actor,
  BrokerOrderId,
  ClientOrderId,
  EventId,
  ExecutionId,
  OrderId,
  StreamName,
  Symbol as Ticker,
} from '#domain/ids.ts';
import { accountStream, marketStream, sessionsStream } from '#domain/ids.ts';
import { type Cash, cash, type Price, price, type Quantity, zeroQuantity } from '#domain/money.ts';
import type { Execution, OrderFilled } from '#domain/order/events.ts';
import type { OrderTerms, Side } from '#domain/order/terms.ts';
import type { LedgerEvent, RecordedEvent } from '#domain/recorded-event.ts';
import { fromMilliseconds, type Instant, type SessionDate, toMilliseconds } from '#domain/time.ts';

/** A small generator with a seed: the same seed, the same log. */
export const dice = (seed: number) => {
  let state = seed >>> 0 || 1;
  return (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
};

/** The n-th uuid. */
export const uuid = <T extends string>(n: number): T =>
  `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` as T;

type Order = { readonly id: OrderId; readonly terms: OrderTerms; left: bigint; asked: boolean };
type Account = {
  readonly id: AccountId;
  readonly orders: Order[];
  readonly fills: OrderFilled[];
  readonly held: Map<Ticker, bigint>;
};

const policy = {
  kind: 'margin',
  currency: 'USD',
  commission: { kind: 'per_share', rate: price('0.005'), minimum: cash('1') },
  limits: { positionNotional: null, leverage: null, orderNotional: null },
  settlementDays: 1,
  broker: 'paper',
} as const;

export type HistorySettings = {
  readonly seed: number;
  readonly accounts: number;
  readonly symbols: number;
  readonly events: number;
  /** Splits, busts, corrections and session closes besides orders, fills, cash and marks. */
  readonly rare: boolean;
};

/** A valid log of random trading: every event could have been written by a command. */
export const randomHistory = (settings: HistorySettings): readonly RecordedEvent[] => [
  ...randomEvents(settings),
];

/** The same event by event, for a log that is too long to be held. */
export function* randomEvents(settings: HistorySettings): Generator<RecordedEvent, void, void> {
  const roll = dice(settings.seed);
  // What was recorded and not handed out yet.
  const made: RecordedEvent[] = [];
  let length = 0;
  const revisions = new Map<StreamName, number>();
  const start = Date.UTC(2024, 0, 2, 15);
  let ids = 1_000_000;
  const now = (): Instant => fromMilliseconds(start + length * 60_000);
  const session = (): SessionDate => now().slice(0, 10) as SessionDate;
  const symbols = Array.from({ length: settings.symbols }, (_, n) => `S${n}` as Ticker);
  const record = (stream: StreamName, data: LedgerEvent): void => {
    const revision = (revisions.get(stream) ?? 0) + 1;
    revisions.set(stream, revision);
    ids += 1;
    const id = uuid<EventId>(ids);
    const at = now();
    length += 1;
    made.push({
      id,
      effectiveAt: at,
      correlationId: id,
      causationId: null,
      commandId: null,
      commandDigest: null,
      actor: 'operator' as Actor,
      sequence: length,
      stream,
      revision,
      version: 1,
      recordedAt: at,
      hash: '0'.repeat(64),
      data,
    });
  };
  const pick = <T>(from: readonly T[]): T => from[roll(from.length)] as T;
  const anyPrice = (): Price => BigInt(50_000_000_000 + roll(2_000_000_000)) as Price;
  const anyQuantity = (): Quantity => (BigInt(1 + roll(100)) * 100_000_000n) as Quantity;

  const accounts = Array.from({ length: settings.accounts }, (_, n): Account => {
    const id = uuid<AccountId>(n + 1);
    const stream = accountStream(id);
    record(stream, {
      type: 'AccountOpened',
      accountId: id,
      accountNumber: `A-${n}`,
      userId: null,
      policy,
      openedAt: now(),
    });
    record(stream, {
      type: 'CashDeposited',
      amount: cash('100000'),
      description: 'Opening deposit',
      externalReference: null,
      at: now(),
    });
    return { id, orders: [], fills: [], held: new Map() };
  });

  const move = (account: Account, symbol: Ticker, by: bigint): void => {
    account.held.set(symbol, (account.held.get(symbol) ?? 0n) + by);
  };
  const sign = (side: Side): bigint => (side === 'buy' ? 1n : -1n);

  const submit = (account: Account): void => {
    ids += 1;
    const id = uuid<OrderId>(ids);
    const size = anyQuantity();
    const limit = anyPrice();
    const terms: OrderTerms = {
      symbol: pick(symbols),
      side: pick(['buy', 'sell'] as const),
      type: 'limit',
      timeInForce: 'gtc',
      quantity: size,
      notional: null,
      limitPrice: limit,
      stopPrice: null,
      trailAmount: null,
      trailPercent: null,
    };
    const reservation = {
      closing: zeroQuantity,
      opening: size,
      cashPerShare: limit,
      fixedCash: cash('1'),
    };
    const common = { orderId: id, clientOrderId: `c-${ids}` as ClientOrderId, terms };
    if (roll(20) === 0) {
      const details = { required: '5', available: '4' };
      const code = 'insufficient_buying_power';
      record(accountStream(account.id), {
        type: 'OrderRefused',
        ...common,
        code,
        details,
        refusedAt: now(),
      });
      return;
    }
    record(accountStream(account.id), {
      type: 'OrderSubmitted',
      ...common,
      reservation,
      referencePrice: limit,
      submittedAt: now(),
    });
    record(accountStream(account.id), {
      type: 'OrderAccepted',
      orderId: id,
      brokerOrderId: `b-${ids}` as BrokerOrderId,
      acceptedAt: now(),
    });
    account.orders.push({ id, terms, left: size, asked: false });
  };

  const fill = (account: Account): void => {
    const order = account.orders[roll(account.orders.length || 1)];
    if (order === undefined) {
      submit(account);
      return;
    }
    const part = roll(2) === 0 ? order.left : 1n + BigInt(roll(Number(order.left)));
    ids += 1;
    const data: OrderFilled = {
      type: 'OrderFilled',
      executionId: `x-${ids}` as ExecutionId,
      orderId: order.id,
      symbol: order.terms.symbol,
      side: order.terms.side,
      quantity: part as Quantity,
      price: anyPrice(),
      commission: (BigInt(roll(2_000_000_000)) * 1_000_000_001n) as Cash,
      liquidity: 'removed',
      venue: 'paper',
      executedAt: now(),
      settlesAt: fromMilliseconds(toMilliseconds(now()) + 86_400_000),
    };
    order.left -= part;
    move(account, data.symbol, sign(data.side) * part);
    record(accountStream(account.id), data);
    account.fills.push(data);
    if (order.left === 0n) account.orders.splice(account.orders.indexOf(order), 1);
  };

  const cancel = (account: Account): void => {
    const order = account.orders.pop();
    if (order === undefined) {
      submit(account);
      return;
    }
    const stream = accountStream(account.id);
    record(stream, { type: 'OrderCancelRequested', orderId: order.id, requestedAt: now() });
    record(stream, {
      type: 'OrderCanceled',
      orderId: order.id,
      reason: 'asked',
      canceledAt: now(),
    });
  };

  const cashEvent = (account: Account): void => {
    const amount = BigInt(1 + roll(1_000_000)) * 10n ** 14n;
    const type = pick(['CashDeposited', 'CashWithdrawn', 'FeeCharged', 'InterestPaid'] as const);
    record(accountStream(account.id), {
      type,
      amount: amount as Cash,
      description: type,
      externalReference: null,
      at: now(),
    });
  };

  const mark = (): void => {
    const symbol = pick(symbols);
    const prices = [anyPrice(), anyPrice(), anyPrice(), anyPrice()].toSorted((a, b) =>
      a < b ? -1 : 1,
    );
    const [low, open, close, high] = prices as [Price, Price, Price, Price];
    record(marketStream(symbol), {
      type: 'PriceMarked',
      symbol,
      session: session(),
      open,
      high,
      low,
      close,
      source: 'random',
      markedAt: now(),
    });
  };

  const bust = (account: Account): void => {
    const undone = account.fills.pop();
    if (undone === undefined) {
      submit(account);
      return;
    }
    const { type: _, settlesAt: __, ...execution } = undone;
    if (roll(2) === 0) {
      move(account, undone.symbol, -sign(undone.side) * undone.quantity);
      const order = account.orders.findIndex(({ id }) => id === undone.orderId);
      if (order >= 0) account.orders.splice(order, 1);
      record(accountStream(account.id), {
        type: 'FillBusted',
        ...execution,
        reason: 'erroneous',
        bustedAt: now(),
      });
      return;
    }
    const restated: Execution = { ...execution, price: anyPrice() };
    record(accountStream(account.id), {
      type: 'FillCorrected',
      ...restated,
      previousQuantity: execution.quantity,
      previousPrice: execution.price,
      previousCommission: execution.commission,
      reason: 'price',
      correctedAt: now(),
    });
  };

  const split = (account: Account): void => {
    const symbol = pick(symbols);
    const before = account.held.get(symbol) ?? 0n;
    const reverse = roll(2) === 0;
    const [newShares, oldShares] = reverse ? [1n, 3n] : [2n, 1n];
    const fraction = (before * newShares) % oldShares === 0n ? 0n : before % oldShares;
    const after = ((before - fraction) * newShares) / oldShares;
    const reference = anyPrice();
    for (const order of account.orders.splice(0)) {
      record(accountStream(account.id), {
        type: 'OrderExpired',
        orderId: order.id,
        expiredAt: now(),
      });
    }
    account.fills.length = 0;
    account.held.set(symbol, after);
    record(accountStream(account.id), {
      type: 'StockSplit',
      symbol,
      newShares,
      oldShares,
      quantityBefore: before as Quantity,
      quantityAfter: after as Quantity,
      fraction: fraction as Quantity,
      cashInLieu: (fraction * reference) as Cash,
      referencePrice: fraction === 0n ? null : reference,
      at: now(),
    });
  };

  const closeSession = (): void =>
    record(sessionsStream, { type: 'SessionClosed', session: session(), closedAt: now() });

  const rare: readonly ((account: Account) => void)[] = [bust, split, closeSession, bust];
  const usual: readonly ((account: Account) => void)[] = [
    submit,
    submit,
    fill,
    fill,
    fill,
    fill,
    mark,
    cancel,
  ];
  let left = settings.events;
  for (;;) {
    for (const event of made.splice(0)) {
      if (left === 0) return;
      left -= 1;
      yield event;
    }
    const account = pick(accounts);
    if (settings.rare && roll(25) === 0) pick(rare)(account);
    else if (roll(25) === 0) cashEvent(account);
    else pick(usual)(account);
  }
}
