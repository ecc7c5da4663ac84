import type { LogReader, VerifyLogReader } from './log-reader.ts';
import type { TableReader, VerifyTableReader } from './table-reader.ts';

/**
 * The log and the read tables as of one moment: one read-only transaction, so that what is compared belongs together
 * and trading goes on beside it.
 */
export type LedgerSnapshot = { readonly log: LogReader; readonly tables: TableReader };

/** A snapshot that tells `verify` all it asks for. */
export type VerifySnapshot = {
  readonly log: VerifyLogReader;
  readonly tables: VerifyTableReader;
  /** A name under which other sessions can look at the same moment, as long as this look is open. */
  readonly momentName: () => Promise<string>;
};
