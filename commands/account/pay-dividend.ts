import { holdingOf } from '#domain/account/state.ts';
import { accept, refuse } from '#domain/decision.ts';
import type { Symbol } from '#domain/ids.ts';
import { notional, type Price } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { bookkeepingRefusal, type Decide } from '../deciding.ts';

/** A dividend per share on what the account holds now: a long position receives, a short one pays. */
export type PayDividend = {
  readonly type: 'PayDividend';
  readonly symbol: Symbol;
  readonly perShare: Price;
  readonly description: string;
  readonly externalReference: string | null;
  readonly at: Instant;
};

export const payDividend: Decide<PayDividend> = (command, state) => {
  const refusal = bookkeepingRefusal(state);
  if (refusal !== null) return refuse(refusal);
  const { symbol, perShare, description, externalReference, at } = command;
  if (perShare <= 0n) return refuse({ code: 'invalid_amount', details: {} });
  const { quantity } = holdingOf(state, symbol);
  if (quantity === 0n) return refuse({ code: 'position_not_found', details: { symbol } });
  const amount = notional(perShare, quantity);
  return accept({
    type: 'DividendPaid',
    symbol,
    perShare,
    quantity,
    amount,
    description,
    externalReference,
    at,
  });
};
