import type { LookSnapshot } from '#audit/ports/live-figures.ts';

/** As WithSnapshot, for commands that also ask the read tables single questions. */
export type WithLook = <T>(act: (snapshot: LookSnapshot) => Promise<T>) => Promise<T>;
