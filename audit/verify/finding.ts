/**
 * What can be wrong: in the log, in what its events say, in the seals, in the read tables, and in the states that
 * commands are decided with.
 */
export const findingKinds = [
  'sequence_missing',
  'sequence_repeated',
  'revision_missing',
  'revision_repeated',
  'hash_differs',
  'column_differs',
  'event_unreadable',
  'event_id_repeated',
  'counter_differs',
  'stream_head_differs',
  'base_differs',
  'checkpoint_beyond_log',
  'checkpoint_behind_rows',
  'event_contradicts',
  'seal_unreadable',
  'seal_out_of_place',
  'seal_key_unknown',
  'seal_signature_wrong',
  'seal_differs',
  'seal_missing',
  'seal_log_differs',
  'row_missing',
  'row_unexpected',
  'cell_differs',
  'entry_unbalanced',
  'state_differs',
  'state_unreadable',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** One thing that is not as it has to be, and where exactly. */
export type Finding = {
  readonly kind: FindingKind;
  readonly sequence?: number;
  readonly stream?: string;
  readonly revision?: number;
  readonly table?: string;
  /** The row's primary key, its columns joined by `/`. */
  readonly key?: string;
  readonly column?: string;
  /** The number of a seal, and whether it is the ledger's own or one that was kept elsewhere. */
  readonly seal?: number;
  readonly source?: 'ledger' | 'kept';
  readonly expected: string | null;
  readonly actual: string | null;
  readonly message: string;
};

/** Takes what is found. */
export type FindingSink = { readonly add: (finding: Finding) => void };

/** The first findings by their places, and how many there are of each kind. */
export type PlacedFindings = {
  readonly first: readonly Finding[];
  readonly counts: readonly (readonly [FindingKind, number])[];
};

/** Findings as an interrupted run leaves them. */
export type SavedFindings = {
  readonly ofLog: readonly Finding[];
  readonly ofTables: readonly Finding[];
  readonly counts: readonly (readonly [FindingKind, number])[];
};

export type Findings = FindingSink & {
  /** Takes what was collected by place. */
  readonly addPlaced: (found: PlacedFindings) => void;
  readonly count: () => number;
  readonly byKind: () => Readonly<Partial<Record<FindingKind, number>>>;
  /** The first ones: those of the log, in the order they were met, before those of the tables, by sequence. */
  readonly first: () => readonly Finding[];
  readonly save: () => SavedFindings;
};

/** In this order where several are about one event. */
const tablesInOrder: readonly (string | undefined)[] = [
  'transactions',
  'journal_entries',
  'ledger.snapshots',
  'orders',
  'order_fills',
  'lots',
  'position_history',
  'stock_splits',
  'price_marks',
  'portfolio_snapshots',
  'breaks',
  'reconciliations',
  'accounts',
  'positions',
  'market_data_cache',
];

const placeOf = ({ sequence }: Finding): number => sequence ?? Number.POSITIVE_INFINITY;

/** Whether it comes before another: the same whoever found them, and in which order. Those of one row stay as they came. */
const isBefore = (one: Finding, other: Finding): boolean => {
  const [here, there] = [placeOf(one), placeOf(other)];
  if (here !== there) return here < there;
  const [rank, otherRank] = [one, other].map(({ table }) => tablesInOrder.indexOf(table));
  if (rank !== otherRank) return (rank ?? 0) < (otherRank ?? 0);
  return (one.key ?? one.stream ?? '') < (other.key ?? other.stream ?? '');
};

export const findingsMax = 100;

type Counts = Map<FindingKind, number>;
const countIn = (counts: Counts, kind: FindingKind, more = 1): void => {
  counts.set(kind, (counts.get(kind) ?? 0) + more);
};

/** Keeps the first `max` findings by their places. */
const keepByPlace = (kept: Finding[], finding: Finding, max: number): void => {
  const last = kept.at(-1);
  if (kept.length === max && last !== undefined && !isBefore(finding, last)) return;
  const after = kept.findLastIndex((one) => !isBefore(finding, one));
  kept.splice(after + 1, 0, finding);
  if (kept.length > max) kept.pop();
};

/** Collects findings by their places: the same ones, in whatever order they come. */
export const createPlacedFindings = (max = findingsMax) => {
  const kept: Finding[] = [];
  const counts: Counts = new Map();
  return {
    add: (finding: Finding): void => {
      countIn(counts, finding.kind);
      keepByPlace(kept, finding, max);
    },
    addPlaced: (found: PlacedFindings): void => {
      for (const [kind, count] of found.counts) countIn(counts, kind, count);
      for (const finding of found.first) keepByPlace(kept, finding, max);
    },
    found: (): PlacedFindings => ({ first: [...kept], counts: [...counts] }),
  };
};

/**
 * Keeps the first `max` findings and counts the rest, so that a ruined ledger does not fill the memory. `onLog`: told
 * of each event with which something is wrong.
 */
export const createFindings = (
  {
    saved,
    onLog,
  }: { readonly saved?: SavedFindings; readonly onLog?: (finding: Finding) => void } = {},
  max = findingsMax,
): Findings => {
  const ofLog: Finding[] = [...(saved?.ofLog ?? [])];
  const ofTables: Finding[] = [...(saved?.ofTables ?? [])];
  const counts: Counts = new Map(saved?.counts);
  return {
    add: (finding) => {
      countIn(counts, finding.kind);
      if (finding.table !== undefined) keepByPlace(ofTables, finding, max);
      else if (ofLog.length < max) ofLog.push(finding);
      if (finding.table === undefined) onLog?.(finding);
    },
    addPlaced: (found) => {
      for (const [kind, count] of found.counts) countIn(counts, kind, count);
      for (const finding of found.first) {
        if (finding.table !== undefined) keepByPlace(ofTables, finding, max);
        else if (ofLog.length < max) ofLog.push(finding);
      }
    },
    count: () => [...counts.values()].reduce((total, count) => total + count, 0),
    byKind: () => Object.fromEntries(counts),
    first: () => [...ofLog, ...ofTables].slice(0, max),
    save: () => ({ ofLog: [...ofLog], ofTables: [...ofTables], counts: [...counts] }),
  };
};
