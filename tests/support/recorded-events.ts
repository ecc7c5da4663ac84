import { randomUUID } from 'node:crypto';
import type { Clock } from '#commands/ports/clock.ts';
import type {
  Actor,
  ClientOrderId,
  CommandId,
  EventId,
  ExecutionId,
  OrderId,
  Symbol as Ticker,
} from '#domain/ids.ts';
import { cash, price, quantity } from '#domain/money.ts';
import type { LedgerEvent, NewEvent } from '#domain/recorded-event.ts';
import { fromMilliseconds, instant } from '#domain/time.ts';

export const systemClock: Clock = { now: () => fromMilliseconds(Date.now()) };

const at = instant('2014-01-03T21:00:00Z');

const submitted = (place: number): LedgerEvent => ({
  type: 'OrderSubmitted',
  orderId: randomUUID() as OrderId,
  clientOrderId: `client-${place}` as ClientOrderId,
  terms: {
    symbol: 'AAPL' as Ticker,
    side: 'buy',
    type: 'limit',
    timeInForce: 'day',
    quantity: quantity('100'),
    notional: null,
    limitPrice: price('199.25'),
    stopPrice: null,
    trailAmount: null,
    trailPercent: null,
  },
  reservation: {
    closing: quantity('0'),
    opening: quantity('100'),
    cashPerShare: price('199.41'),
    fixedCash: cash('0'),
  },
  referencePrice: price('199'),
  submittedAt: at,
});

const filled = (place: number): LedgerEvent => ({
  type: 'OrderFilled',
  executionId: `execution-${place}` as ExecutionId,
  orderId: randomUUID() as OrderId,
  symbol: 'AAPL' as Ticker,
  side: 'buy',
  quantity: quantity('12.5'),
  price: price('199.25'),
  commission: cash('0.0019925'),
  liquidity: 'removed',
  venue: 'paper',
  executedAt: at,
  settlesAt: at,
});

/** An event of a usual size, of a command of its own unless told otherwise. What it says is of no importance. */
export const makeEvent = (place = 0, over: Partial<NewEvent> = {}): NewEvent => ({
  id: randomUUID() as EventId,
  effectiveAt: at,
  correlationId: randomUUID() as EventId,
  causationId: null,
  commandId: randomUUID() as string as CommandId,
  commandDigest: 'a'.repeat(64),
  actor: 'operator' as Actor,
  data: place % 2 === 0 ? submitted(place) : filled(place),
  ...over,
});

/** As many events of one command, or of none. */
export const makeEvents = (
  size: number,
  commandId: CommandId | null = randomUUID() as string as CommandId,
): NewEvent[] => Array.from({ length: size }, (_, place) => makeEvent(place, { commandId }));
