import type { Instant } from '#domain/time.ts';

/** The wall clock. */
export type Clock = { readonly now: () => Instant };
