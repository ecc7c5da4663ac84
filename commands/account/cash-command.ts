import type { Cash } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';

/** What every movement of cash says about itself. */
export type CashCommand = {
  readonly amount: Cash;
  readonly description: string;
  readonly externalReference: string | null;
  readonly at: Instant;
};

export const movementOf = ({ amount, description, externalReference, at }: CashCommand) => ({
  amount,
  description,
  externalReference,
  at,
});
