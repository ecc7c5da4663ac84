import type { LedgerSnapshot } from '#audit/ports/ledger-snapshot.ts';

/** Lets `act` look at the ledger as of one moment, and ends that look with it. */
export type WithSnapshot = <T>(act: (snapshot: LedgerSnapshot) => Promise<T>) => Promise<T>;
