import { holdingOf } from '#domain/account/state.ts';
import { refuse } from '#domain/decision.ts';
import type { ClientOrderId, OrderId, Symbol } from '#domain/ids.ts';
import { absolute, formatQuantity, type Quantity } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { type Decide, tradingPolicy } from '../deciding.ts';
import { submitOrder } from './submit-order.ts';

/** Sells a long or buys back a short at the market; part of it where `quantity` is given. */
export type ClosePosition = {
  readonly type: 'ClosePosition';
  readonly symbol: Symbol;
  readonly quantity: Quantity | null;
  readonly orderId: OrderId;
  readonly clientOrderId: ClientOrderId;
  readonly at: Instant;
};

export const closePosition: Decide<ClosePosition> = (command, state, quotes) => {
  const { symbol, orderId, clientOrderId, at } = command;
  const trading = tradingPolicy(state);
  if ('refusal' in trading) return refuse(trading.refusal);
  const held = holdingOf(state, symbol);
  const short = held.quantity < 0n;
  if (held.quantity === 0n) return refuse({ code: 'position_not_found', details: { symbol } });
  const promised = short ? held.closingBuys : held.closingSells;
  const free = (absolute(held.quantity) - promised) as Quantity;
  const quantity = command.quantity ?? free;
  if (quantity > free || free === 0n) {
    const details = {
      symbol,
      requested: formatQuantity(quantity),
      available: formatQuantity(free),
      position: formatQuantity(held.quantity),
      held_for_orders: formatQuantity(promised),
    };
    return refuse({ code: 'insufficient_quantity', details });
  }
  const terms = {
    symbol,
    side: short ? 'buy' : 'sell',
    type: 'market',
    timeInForce: 'day',
    quantity,
    notional: null,
    limitPrice: null,
    stopPrice: null,
    trailAmount: null,
    trailPercent: null,
  } as const;
  return submitOrder({ type: 'SubmitOrder', orderId, clientOrderId, terms, at }, state, quotes);
};
