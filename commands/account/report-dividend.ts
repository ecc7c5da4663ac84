import { holdingOf } from '#domain/account/state.ts';
import { accept, refuse } from '#domain/decision.ts';
import type { Symbol } from '#domain/ids.ts';
import { absolute, type Cash, type Price, perShare, type Quantity } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { bookkeepingRefusal, type Decide } from '../deciding.ts';

/** A dividend that was paid already, as somebody outside says under a reference of theirs. */
export type ReportDividend = {
  readonly type: 'ReportDividend';
  readonly symbol: Symbol;
  /** Signed: received, or paid on a short. */
  readonly amount: Cash;
  /** Null where the reporter does not say: what is held when it is booked. */
  readonly quantity: Quantity | null;
  /** Null where the reporter does not say: the amount by share held. */
  readonly perShare: Price | null;
  readonly description: string;
  readonly externalReference: string;
  readonly at: Instant;
};

/**
 * Books what was paid, to the last digit, also where the account holds nothing by now: what it held on the record date
 * is the payer's to know. Quantity and dividend per share explain the amount as far as they are known.
 */
export const reportDividend: Decide<ReportDividend> = (command, state) => {
  const refusal = bookkeepingRefusal(state);
  if (refusal !== null) return refuse(refusal);
  const { symbol, amount, description, externalReference, at } = command;
  if (amount === 0n) return refuse({ code: 'invalid_amount', details: {} });
  const quantity = command.quantity ?? holdingOf(state, symbol).quantity;
  const derived = quantity === 0n ? (0n as Price) : absolute(perShare(amount, quantity));
  return accept({
    type: 'DividendPaid',
    symbol,
    perShare: command.perShare ?? derived,
    quantity,
    amount,
    description,
    externalReference,
    at,
  });
};
