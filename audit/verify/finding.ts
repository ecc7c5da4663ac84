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

/** Findings as an interrupted run leaves them. */
export type SavedFindings = {
  readonly ofLog: readonly Finding[];
  readonly ofTables: readonly Finding[];
  readonly counts: readonly (readonly [FindingKind, number])[];
};

export type Findings = {
  readonly add: (finding: Finding) => void;
  readonly count: () => number;
  readonly byKind: () => Readonly<Partial<Record<FindingKind, number>>>;
  /** The first ones: those of the log, in the order they were met, before those of the tables, by sequence. */
  readonly first: () => readonly Finding[];
  readonly save: () => SavedFindings;
};

const placeOf = ({ sequence }: Finding): number => sequence ?? Number.POSITIVE_INFINITY;

/**
 * Keeps the first `max` findings and counts the rest, so that a ruined ledger does not fill the memory. `onLog`: told
 * of each event with which something is wrong.
 */
export const createFindings = (
  {
    saved,
    onLog,
  }: { readonly saved?: SavedFindings; readonly onLog?: (finding: Finding) => void } = {},
  max = 100,
): Findings => {
  const ofLog: Finding[] = [...(saved?.ofLog ?? [])];
  const ofTables: Finding[] = [...(saved?.ofTables ?? [])];
  const counts = new Map<FindingKind, number>(saved?.counts);
  const keepByPlace = (finding: Finding): void => {
    const last = ofTables.at(-1);
    if (ofTables.length === max && last !== undefined && placeOf(last) <= placeOf(finding)) return;
    const after = ofTables.findLastIndex((one) => placeOf(one) <= placeOf(finding));
    ofTables.splice(after + 1, 0, finding);
    if (ofTables.length > max) ofTables.pop();
  };
  return {
    add: (finding) => {
      counts.set(finding.kind, (counts.get(finding.kind) ?? 0) + 1);
      if (finding.table !== undefined) keepByPlace(finding);
      else if (ofLog.length < max) ofLog.push(finding);
      if (finding.table === undefined) onLog?.(finding);
    },
    count: () => [...counts.values()].reduce((total, count) => total + count, 0),
    byKind: () => Object.fromEntries(counts),
    first: () => [...ofLog, ...ofTables].slice(0, max),
    save: () => ({ ofLog: [...ofLog], ofTables: [...ofTables], counts: [...counts] }),
  };
};
