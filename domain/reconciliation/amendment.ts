import type { EventId } from '../ids.ts';

const amends = 'reconciliation:amends:';
const balances = 'reconciliation:balances:';

/** The external reference of a booking that changes the amount of another one. */
export const amending = (movement: { readonly id: EventId }): string => `${amends}${movement.id}`;
/** The external reference of a booking that makes up for what nothing explains. */
export const balancing = (breakId: string): string => `${balances}${breakId}`;

/** The event that a booking amends; undefined where it is a booking of its own. */
export const amendedBy = (reference: string | null): EventId | undefined =>
  reference?.startsWith(amends) === true ? (reference.slice(amends.length) as EventId) : undefined;
export const isBalancing = (reference: string | null): boolean =>
  reference?.startsWith(balances) === true;
