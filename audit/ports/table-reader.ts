import type { StoredRow } from '#projections/ports/read-tables.ts';

/** The live read tables: which they are and how far they are. */
export type LiveTables = {
  readonly schema: string;
  readonly version: number;
  readonly checkpoint: number;
  readonly state: string;
};

/** The read tables as an auditor reads them: rows as the database's text, in pages, ordered by their key. */
export type TableReader = {
  readonly live: () => Promise<LiveTables>;
  /** `table` is one of the projections' names, such as `positions`. */
  readonly rows: (table: string) => AsyncIterable<readonly StoredRow[]>;
};
