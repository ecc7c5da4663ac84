import { accept, refuse } from '#domain/decision.ts';
import type { ClientOrderId, OrderId } from '#domain/ids.ts';
import type { OrderRefused } from '#domain/order/events.ts';
import type { OrderTerms } from '#domain/order/terms.ts';
import { type Refusal, refusals } from '#domain/refusals.ts';
import { assess } from '#domain/risk/rules.ts';
import type { Instant } from '#domain/time.ts';
import { type AccountDecision, type Decide, tradingPolicy } from '../deciding.ts';
import { unknownSymbol } from './unknown-symbol.ts';

export type SubmitOrder = {
  readonly type: 'SubmitOrder';
  readonly orderId: OrderId;
  readonly clientOrderId: ClientOrderId;
  readonly terms: OrderTerms;
  readonly at: Instant;
};

/** A refusal, with the event that keeps it where an auditor would ask. */
export const refuseOrder = (
  refusal: Refusal,
  order: Pick<OrderRefused, 'orderId' | 'clientOrderId' | 'terms'>,
  at: Instant,
): AccountDecision =>
  refusals[refusal.code].kept
    ? refuse(refusal, {
        type: 'OrderRefused',
        orderId: order.orderId,
        clientOrderId: order.clientOrderId,
        terms: order.terms,
        code: refusal.code,
        details: refusal.details,
        refusedAt: at,
      })
    : refuse(refusal);

export const submitOrder: Decide<SubmitOrder> = (command, state, quotes) => {
  const { orderId, clientOrderId, terms, at } = command;
  const trading = tradingPolicy(state);
  if ('refusal' in trading) {
    // A stream that does not exist is no place to keep a refusal in.
    return state.status === 'unopened'
      ? refuse(trading.refusal)
      : refuseOrder(trading.refusal, command, at);
  }
  const market = quotes.latest(terms.symbol);
  if (market === undefined) return unknownSymbol(terms.symbol);
  const { reservation, refusal } = assess({
    state,
    policy: trading.policy,
    terms,
    market,
    prices: quotes.latest,
    at,
    replaced: null,
  });
  if (refusal !== null) return refuseOrder(refusal, command, at);
  return accept({
    type: 'OrderSubmitted',
    orderId,
    clientOrderId,
    terms,
    reservation,
    referencePrice: market.price,
    submittedAt: at,
  });
};
