import type { AccountId } from '#domain/ids.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { CostRule } from '#projections/ports/rules.ts';

/** How a column's text is read: numbers, instants and JSON can be written in several ways. */
export type ColumnKind = 'text' | 'decimal' | 'instant' | 'flag' | 'json';
export type ColumnKinds = { readonly [column: string]: ColumnKind };

/** What is known of how read tables were built. */
export type BuildFacts = {
  /** The version and fingerprint of the program; null where it was not noted. */
  readonly program: string | null;
  readonly cost: CostRule;
  /** The last event that they reflect. */
  readonly sequence: number;
  /** The one account that they hold; null for all. */
  readonly accountId: AccountId | null;
};

/** Read tables as one side of a comparison. */
export type Build = {
  /** As it was asked for. */
  readonly name: string;
  readonly facts: BuildFacts;
  /** How each column's text is read; null where there is no such table. */
  readonly kinds: (table: string) => Promise<ColumnKinds | null>;
  /** Pages in the order of the primary key, texts in the order of their bytes; of one account where one is given. */
  readonly rows: (
    table: string,
    accountId: AccountId | null,
  ) => AsyncIterable<readonly StoredRow[]>;
};

/** The builds that rest in schemas, in the transaction of a snapshot. */
export type BuildReader = {
  /** `live`, or a schema's name; undefined where there is none. Throws where it is not whole. */
  readonly find: (name: string) => Promise<Build | undefined>;
};
