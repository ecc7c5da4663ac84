import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import type { Tables } from '#projections/tables.ts';
import type { AtSegment, PastReader, Shown } from '../ports/past.ts';
import type { SegmentFacts } from './facts.ts';

/** One account's read tables on their way from the end of a segment to the end of a view. */
export type Fold = {
  readonly reader: PastReader;
  readonly accountId: AccountId;
  readonly shown: Shown;
  /** Rows that the fold did not touch are those of here. */
  readonly at: AtSegment;
  readonly base: SegmentFacts | null;
  readonly tables: Tables;
  /** Symbols whose market is in the tables, with the sequence after which their marks are. */
  readonly marksFrom: Map<Ticker, number>;
};
