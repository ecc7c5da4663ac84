/** What can be wrong. The first group is the log's, the second what its events say, the third the read tables'. */
export const findingKinds = [
  'sequence_missing',
  'sequence_repeated',
  'revision_missing',
  'revision_repeated',
  'hash_differs',
  'column_differs',
  'event_unreadable',
  'event_id_repeated',
  'checkpoint_beyond_log',
  'event_contradicts',
  'row_missing',
  'row_unexpected',
  'cell_differs',
  'entry_unbalanced',
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
  readonly expected: string | null;
  readonly actual: string | null;
  readonly message: string;
};

export type Findings = {
  readonly add: (finding: Finding) => void;
  readonly count: () => number;
  readonly byKind: () => Readonly<Partial<Record<FindingKind, number>>>;
  /** The first ones: those of the log before those of the tables, each in the order they were met. */
  readonly first: () => readonly Finding[];
};

/** Keeps the first `max` findings and counts the rest, so that a ruined ledger does not fill the memory. */
export const createFindings = (max = 100): Findings => {
  const ofLog: Finding[] = [];
  const ofTables: Finding[] = [];
  const counts = new Map<FindingKind, number>();
  return {
    add: (finding) => {
      counts.set(finding.kind, (counts.get(finding.kind) ?? 0) + 1);
      const list = finding.table === undefined ? ofLog : ofTables;
      if (list.length < max) list.push(finding);
    },
    count: () => [...counts.values()].reduce((total, count) => total + count, 0),
    byKind: () => Object.fromEntries(counts),
    first: () => [...ofLog, ...ofTables].slice(0, max),
  };
};
