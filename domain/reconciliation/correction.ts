import type { ExecutionId, Symbol } from '../ids.ts';
import {
  type Cash,
  formatCash,
  formatPrice,
  formatQuantity,
  type Price,
  type Quantity,
} from '../money.ts';
import type { Side } from '../order/terms.ts';
import type { Instant } from '../time.ts';
import { unreachable } from '../unreachable.ts';

type Movement = {
  /** As its command has it: 0 or more, but of either sign for interest and adjustments. */
  readonly amount: Cash;
  readonly description: string;
  readonly externalReference: string;
  readonly at: Instant;
};

/** What would make our books agree: one command, exactly as it is booked once a person approves it. */
export type Correction =
  | {
      /** An execution made outside this ledger's orders. */
      readonly kind: 'fill';
      readonly executionId: ExecutionId;
      readonly symbol: Symbol;
      readonly side: Side;
      readonly quantity: Quantity;
      readonly price: Price;
      /** Null: the account's own schedule says, for a broker that states none. */
      readonly commission: Cash | null;
      readonly venue: string;
      readonly at: Instant;
    }
  | { readonly kind: 'bust_fill'; readonly executionId: ExecutionId; readonly reason: string }
  | {
      readonly kind: 'correct_fill';
      readonly executionId: ExecutionId;
      readonly quantity: Quantity;
      readonly price: Price;
      readonly commission: Cash;
      readonly reason: string;
    }
  | {
      /** A dividend that was paid, whatever is held by now. */
      readonly kind: 'report_dividend';
      readonly symbol: Symbol;
      /** Signed: received, or paid on a short. */
      readonly amount: Cash;
      /** Null where the statement does not say. */
      readonly quantity: Quantity | null;
      readonly perShare: Price | null;
      readonly description: string;
      readonly externalReference: string;
      readonly at: Instant;
    }
  | {
      /** Of breaks found before dividends could be reported: an intention. */
      readonly kind: 'pay_dividend';
      readonly symbol: Symbol;
      readonly perShare: Price;
      /** What it comes to on the shares held now; booked only while it still does. */
      readonly amount: Cash;
      readonly description: string;
      readonly externalReference: string;
      readonly at: Instant;
    }
  | {
      readonly kind: 'split_stock';
      readonly symbol: Symbol;
      readonly newShares: bigint;
      readonly oldShares: bigint;
      /** Held now; booked only while it still is. */
      readonly quantity: Quantity;
      /** Whether fractions of a share are paid in cash instead of kept. */
      readonly fractions: 'kept' | 'paid';
      readonly at: Instant;
    }
  | (Movement & { readonly kind: 'deposit_cash' })
  /** Cash that has left already. */
  | (Movement & { readonly kind: 'report_withdrawal' })
  /** Of breaks found before withdrawals could be reported: an intention, which may be refused. */
  | (Movement & { readonly kind: 'withdraw_cash' })
  | (Movement & { readonly kind: 'charge_fee' })
  | (Movement & { readonly kind: 'pay_interest' })
  | (Movement & { readonly kind: 'adjust_cash'; readonly reason: string });

/** Names and what they are, decimals as text: how a break tells of a thing on one side. */
export type Facts = Readonly<Record<string, string | null>>;

const movementFacts = ({ amount, description, externalReference, at }: Movement): Facts => ({
  amount: formatCash(amount),
  description,
  externalReference,
  at,
});

/** A correction as names and texts, with the names and texts that its event is stored with. */
export const correctionFacts = (correction: Correction): Facts => {
  const { kind } = correction;
  switch (correction.kind) {
    case 'fill': {
      const { executionId, symbol, side, quantity, price, commission, venue, at } = correction;
      return {
        kind,
        executionId,
        symbol,
        side,
        quantity: formatQuantity(quantity),
        price: formatPrice(price),
        commission: commission === null ? null : formatCash(commission),
        venue,
        at,
      };
    }
    case 'bust_fill':
      return { kind, executionId: correction.executionId, reason: correction.reason };
    case 'correct_fill': {
      const { executionId, quantity, price, commission, reason } = correction;
      return {
        kind,
        executionId,
        quantity: formatQuantity(quantity),
        price: formatPrice(price),
        commission: formatCash(commission),
        reason,
      };
    }
    case 'report_dividend': {
      const { symbol, amount, quantity, perShare, description, externalReference, at } = correction;
      return {
        kind,
        symbol,
        amount: formatCash(amount),
        quantity: quantity === null ? null : formatQuantity(quantity),
        perShare: perShare === null ? null : formatPrice(perShare),
        description,
        externalReference,
        at,
      };
    }
    case 'pay_dividend': {
      const { symbol, perShare, amount, description, externalReference, at } = correction;
      return {
        kind,
        symbol,
        perShare: formatPrice(perShare),
        amount: formatCash(amount),
        description,
        externalReference,
        at,
      };
    }
    case 'split_stock': {
      const { symbol, newShares, oldShares, quantity, fractions, at } = correction;
      return {
        kind,
        symbol,
        newShares: String(newShares),
        oldShares: String(oldShares),
        quantity: formatQuantity(quantity),
        fractions,
        at,
      };
    }
    case 'deposit_cash':
    case 'report_withdrawal':
    case 'withdraw_cash':
    case 'charge_fee':
    case 'pay_interest':
      return { kind, ...movementFacts(correction) };
    case 'adjust_cash':
      return { kind, ...movementFacts(correction), reason: correction.reason };
    default:
      return unreachable(correction);
  }
};
