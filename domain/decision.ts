import type { Refusal } from './refusals.ts';

/** What deciding a command yields: facts to record, or the reason why not. No events = nothing new to say. */
export type Decision<Event> =
  | { readonly kind: 'accepted'; readonly events: readonly Event[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly events: readonly Event[] };

export const accept = <Event>(...events: readonly Event[]): Decision<Event> => ({
  kind: 'accepted',
  events,
});

/** A refusal; `events` holds the OrderRefused that an auditor would ask for, where the refusal is one of risk. */
export const refuse = <Event>(refusal: Refusal, ...events: readonly Event[]): Decision<Event> => ({
  kind: 'refused',
  refusal,
  events,
});
