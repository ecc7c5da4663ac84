import type { AccountId } from '#domain/ids.ts';
import type { VerifySnapshot } from '../ports/ledger-snapshot.ts';
import type { SharedId } from '../ports/table-reader.ts';
import { checkCheckpointAtRows, checkCheckpointInLog, readCheckpoint } from './checkpoint.ts';
import { checkBase, checkEarlier, findingsToKeep } from './earlier-run.ts';
import { createFindings, createPlacedFindings, type Finding, type Findings } from './finding.ts';
import { takeInOrder } from './in-order.ts';
import { checkCounter, createSequenceChecks, nameSharedIds, readSharedIds } from './log-checks.ts';
import type { Taken, VerifyThreads } from './part.ts';
import { endParts, openParts, type Parts, recordsOfParts } from './parts.ts';
import { type RunRecord, runVersion, type SavedRun } from './saved-run.ts';
import { createSealChecks, type SealChecks, type SealsToCheck } from './seal-checks.ts';
import { comparedColumns, notCompared } from './table-columns.ts';
import { leftToEarlierRun, type VerifyReport } from './verify-report.ts';

export type VerifyOptions = {
  /** Only this account's stream and rows. */
  readonly accountId?: AccountId;
  /** Only the log, from here on: the books need the whole of it and are left out. */
  readonly fromSequence?: number;
  /** Goes on from a run: an unfinished one is finished, a finished one is the base of what came since. */
  readonly earlier?: SavedRun;
  /** Seals, for the whole log alone. */
  readonly seals?: SealsToCheck;
  /** Called every few seconds, at an interruption and at the end: whoever keeps the records can go on from there. */
  readonly keep?: (records: AsyncIterable<RunRecord>) => Promise<void>;
  readonly keepEveryMs?: number;
  /** Called now and then with the sequence that has been reached. */
  readonly onProgress?: (sequence: number, head: number) => void;
  readonly signal?: AbortSignal;
  /** Threads to do a long log in; without them this thread does it. */
  readonly threads?: VerifyThreads;
  /** How many events go by between two moments at which it can be interrupted. */
  readonly eventsInStretch?: number;
};

/** How far it is: the last event that was read and its hash, and the last that was booked. */
type Reached = { at: number; hash: string; booksAt: number; events: number };

const booksReport = async (
  { parts, checkpoint, findings }: Run,
  before: Readonly<Record<string, number>>,
): Promise<VerifyReport['books']> => {
  if (checkpoint === null) return null;
  const { end, lastOfRows } = await endParts(parts);
  checkCheckpointAtRows(findings, checkpoint, lastOfRows);
  return {
    checkpoint,
    accounts: end.accounts,
    accountsNotCompared: end.unknown,
    rowsCompared: Object.fromEntries(
      Object.entries(end.rows).map(([table, count]) => [table, count + (before[table] ?? 0)]),
    ),
    held: end.held,
    columnsCompared: Object.fromEntries(
      Object.entries(comparedColumns).map(([table, columns]) => [table, Object.keys(columns)]),
    ),
    columnsNotCompared: notCompared,
    states: end.states,
  };
};

/** A run under way. */
type Run = {
  readonly snapshot: VerifySnapshot;
  readonly options: VerifyOptions;
  readonly head: number;
  readonly findings: Findings;
  readonly sequences: ReturnType<typeof createSequenceChecks>;
  readonly seals: SealChecks | null;
  readonly parts: Parts;
  /** How far the read tables are; null where only the log is looked at. */
  readonly checkpoint: number | null;
  readonly reached: Reached;
};

/**
 * Takes what the parts tell of a stretch; what else has to be read for an event is read before anything of it is noted.
 * Returns whether no part has read an event in it.
 */
const takeStretch = async (
  { findings, sequences, seals, reached }: Run,
  taken: readonly Taken[],
): Promise<boolean> => {
  const note = (sequence: number, leaf: Buffer, found: readonly Finding[]): void => {
    sequences.take(sequence);
    for (const finding of found) findings.add(finding);
    seals?.take(sequence, leaf);
    reached.at = sequence;
    reached.events += 1;
  };
  await takeInOrder(taken, {
    event: (sequence, leaf, found) => {
      if (seals === null || seals.isReady(sequence)) {
        note(sequence, leaf, found);
        return undefined;
      }
      return seals.prepare(sequence).then(() => note(sequence, leaf, found));
    },
    booked: findings.add,
  });
  for (const { sequences: own, hash, booked } of taken) {
    if (hash !== null && own.at(-1) === reached.at) reached.hash = hash;
    reached.booksAt = Math.max(reached.booksAt, booked);
  }
  return taken.every((one) => one.sequences.length === 0);
};

/** A run as it can be gone on with. */
async function* recordsFrom(
  { findings, seals, parts, reached, options }: Run,
  rows: Readonly<Record<string, number>>,
  isFinished: boolean,
): AsyncGenerator<RunRecord, void, void> {
  const all = createFindings({ saved: findings.save() });
  // At its end a run has them already.
  if (!isFinished) {
    for (const part of parts.every) all.addPlaced(await part.foundInTables());
  }
  yield {
    kind: 'run',
    version: runVersion,
    accountId: options.accountId ?? null,
    ...reached,
    isFinished,
    rows,
    findings: findingsToKeep(all.save()),
    seals: seals?.save() ?? null,
  };
  yield* recordsOfParts(parts);
}

/** When to keep how far it is: at most every few seconds, and the less often the longer it takes. */
const createKeeping = (everyMs: number, keep: () => Promise<void>) => {
  let due = performance.now() + everyMs;
  return {
    isDue: (): boolean => performance.now() >= due,
    now: async (): Promise<void> => {
      const begun = performance.now();
      await keep();
      const ended = performance.now();
      due = ended + Math.max(everyMs, 20 * (ended - begun));
    },
  };
};

const sealsReport = (seals: SealChecks | null, kept: readonly number[]): VerifyReport['seals'] =>
  seals && {
    count: seals.seals(),
    kept,
    sealedTo: seals.sealedTo(),
    last: seals.lastSeal()?.text ?? null,
  };

/** Where a run begins: at the first event, at `fromSequence`, or behind an earlier run. */
const startOf = ({ earlier, fromSequence = 1 }: VerifyOptions) => {
  if (earlier === undefined) {
    const reached: Reached = { at: fromSequence - 1, hash: '', booksAt: 0, events: 0 };
    return { reached, rows: {}, since: null, seals: null, saved: {} };
  }
  const { at, hash, booksAt, events, rows, seals, findings, isFinished } = earlier.head;
  // What is built on a finished run counts for itself.
  const reached: Reached = { at, hash, booksAt, events: isFinished ? 0 : events };
  const since = isFinished ? at : null;
  return { reached, rows: isFinished ? {} : rows, since, seals, saved: { saved: findings } };
};

/** Everything that looks at the events of a run. */
const openRun = async (
  snapshot: VerifySnapshot,
  options: VerifyOptions,
  start: ReturnType<typeof startOf>,
  head: number,
): Promise<Run> => {
  const { accountId, fromSequence = 1, earlier } = options;
  const { reached, seals: savedSeals, saved } = start;
  const { at, booksAt } = reached;
  let noteBroken: (sequence: number) => void = () => {};
  const onLog = ({ sequence }: Finding): void => {
    if (sequence !== undefined) noteBroken(sequence);
  };
  const findings = createFindings({ ...saved, onLog });
  if (earlier !== undefined) await checkBase(snapshot.log, earlier, findings);
  const isWhole = accountId === undefined;
  const sequences = createSequenceChecks(findings, isWhole ? { from: at + 1, to: head } : null);
  const seals =
    options.seals === undefined || !isWhole || fromSequence > 1
      ? null
      : createSealChecks(findings, snapshot.log, options.seals, at, savedSeals);
  if (seals !== null) noteBroken = seals.note;
  // The books need the whole log: from a sequence on, only the log is looked at.
  const checkpoint = fromSequence > 1 ? null : await readCheckpoint(snapshot.tables, booksAt);
  if (checkpoint !== null) checkCheckpointInLog(findings, checkpoint, head);
  const order = {
    accountId: accountId ?? null,
    from: checkpoint === null ? at + 1 : Math.min(at, booksAt) + 1,
    head,
    readBefore: at,
    mayBegin: fromSequence > 1,
    withLeaves: seals !== null,
    toBook: checkpoint === null ? null : { after: booksAt, checkpoint },
  };
  const parts = await openParts(snapshot, order, earlier, options.threads);
  return { snapshot, options, head, findings, sequences, seals, parts, checkpoint, reached };
};

/** What is looked at once all events have gone by. */
const checkEnds = async (
  { snapshot: { tables }, options, findings, sequences, seals, parts, head }: Run,
  sharedIds: readonly SharedId[],
): Promise<VerifyReport['log']> => {
  const { accountId, fromSequence = 1 } = options;
  sequences.end();
  nameSharedIds(findings, sharedIds);
  const withHeads = accountId === undefined && fromSequence === 1;
  if (withHeads) await checkCounter(findings, tables, head);
  const ends = await Promise.all(parts.every.map((part) => part.endStreams(withHeads)));
  const found = createPlacedFindings();
  for (const end of ends) found.addPlaced(end.found);
  findings.addPlaced(found.found());
  await seals?.end();
  return {
    events: 0,
    streams: ends.reduce((sum, { streams }) => sum + streams, 0),
    onTrust: ends.reduce((sum, { onTrust }) => sum + onTrust, 0),
  };
};

/** Events of a stretch, for each part about. */
const stretchOfPart = 2_500;
/** Stretches that threads may be ahead: enough for one to go on while another is behind. */
const stretchesAhead = 3;

/** A stretch that the parts were asked to take. */
type Stretch = { readonly to: number; readonly taken: Promise<readonly Taken[]> };

/** Stretches of the log that the parts were asked to take. */
const createStretches = ({ snapshot, parts, head, options }: Run, from: number) => {
  const size = options.eventsInStretch ?? stretchOfPart * parts.every.length;
  const asked: Stretch[] = [];
  let askedTo = from - 1;
  return {
    hasMore: (): boolean => askedTo < head,
    /** How many were asked for and not awaited so far. */
    underWay: (): number => asked.length,
    ask: (): void => {
      askedTo = Math.min(askedTo + size, head);
      const taken = Promise.all(parts.every.map((part) => part.take(askedTo)));
      taken.catch(() => {}); // Thrown where it is awaited, if anybody still wants it.
      asked.push({ to: askedTo, taken });
    },
    next: () => asked.shift(),
    /** Goes on where the next event is, after there was none up to `sequence`: a gap is as wide as an insider makes it. */
    skipGap: async (sequence: number): Promise<void> => {
      const first = askedTo < head ? await snapshot.log.firstAfter(sequence) : null;
      askedTo = Math.max(askedTo, Math.min(first ?? head, head) - 1);
    },
  };
};

const takeNext = async (
  run: Run,
  stretches: ReturnType<typeof createStretches>,
  { to, taken }: Stretch,
): Promise<void> => {
  const isGap = await takeStretch(run, await taken);
  if (isGap) await stretches.skipGap(to);
};

/** Has the parts take the log, stretch by stretch, until its end or until `signal` aborts. */
const takeLog = async (
  run: Run,
  from: number,
  keeping: ReturnType<typeof createKeeping>,
): Promise<void> => {
  const { signal, onProgress, keep } = run.options;
  const stretches = createStretches(run, from);
  const most = run.parts.areThreads ? stretchesAhead : 1;
  const isAborted = (): boolean => signal?.aborted === true;
  // To be kept, all parts have to be at one event.
  const isToStop = (): boolean => isAborted() || (keep !== undefined && keeping.isDue());
  while (stretches.hasMore() || stretches.underWay() > 0) {
    while (stretches.hasMore() && stretches.underWay() < most && !isToStop()) stretches.ask();
    const next = stretches.next();
    if (next !== undefined) {
      await takeNext(run, stretches, next);
      if (!isAborted()) onProgress?.(next.to, run.head);
      continue;
    }
    if (isAborted()) return;
    await keeping.now();
    stretches.ask();
  }
};

/** An interrupted run has this long to get to where it can be gone on with, milliseconds. */
const graceMs = 5_000;

/** `act`, or the end of the patience with it after `signal` has aborted. */
const withGrace = async (signal: AbortSignal | undefined, act: Promise<void>): Promise<void> => {
  if (signal === undefined) return act;
  let timer: NodeJS.Timeout | undefined;
  const late = Promise.withResolvers<never>();
  const begin = (): void => {
    timer = setTimeout(() => late.reject(signal.reason), graceMs);
  };
  signal.addEventListener('abort', begin, { once: true });
  try {
    await Promise.race([act, late.promise]);
  } finally {
    signal.removeEventListener('abort', begin);
    clearTimeout(timer);
  }
};

/**
 * Recomputes what can be recomputed from the stored bodies alone: the log's order, hashes and seals, then the books by a
 * fold of its own, which the read tables and the states of commands are compared with. A long log is done in several
 * threads, each with some of the accounts. Keeps a head per stream, the holdings, and of orders, fills and lots only
 * those that are open or have a row that differs; never the events. Throws where it could not read, or once `signal`
 * aborts.
 */
export const verifyLedger = async (
  snapshot: VerifySnapshot,
  options: VerifyOptions = {},
): Promise<VerifyReport> => {
  const { accountId = null, fromSequence = 1, earlier } = options;
  if (earlier !== undefined) checkEarlier(earlier, accountId, fromSequence);
  const head = await snapshot.log.head();
  const start = startOf(options);
  const first = start.reached.at + 1;
  const run = await openRun(snapshot, options, start, head);
  try {
    const report = await verifyRun(run, start, first);
    await run.parts.close();
    return report;
  } catch (error) {
    await run.parts.stop();
    throw error;
  }
};

const verifyRun = async (
  run: Run,
  { rows, since }: ReturnType<typeof startOf>,
  first: number,
): Promise<VerifyReport> => {
  const { snapshot, options, head, findings, parts, checkpoint, reached } = run;
  const { signal, accountId, fromSequence = 1 } = options;
  let isFinished = false;
  const keeping = createKeeping(options.keepEveryMs ?? 10_000, async () => {
    // Of the log alone there is nothing to go on from.
    if (checkpoint !== null) await options.keep?.(recordsFrom(run, rows, isFinished));
  });
  const idFilter = { after: first - 1, ...(accountId === undefined ? {} : { accountId }) };
  // While the threads work, this look has nothing to read.
  const early = parts.areThreads ? readSharedIds(snapshot.tables, idFilter) : undefined;
  early?.catch(() => {}); // As it is awaited.
  const from = checkpoint === null ? first : Math.min(first, reached.booksAt + 1);
  await withGrace(signal, takeLog(run, from, keeping));
  if (signal?.aborted === true) await keeping.now();
  signal?.throwIfAborted();
  const sharedIds = await (early ?? readSharedIds(snapshot.tables, idFilter));
  const log = await checkEnds(run, sharedIds);
  const compared = await booksReport(run, rows);
  for (const part of parts.every) findings.addPlaced(await part.foundInTables());
  isFinished = true;
  await keeping.now();
  return {
    version: 2,
    scope: {
      account: accountId ?? null,
      fromSequence: since === null ? fromSequence : first,
      toSequence: head,
      since,
      notLookedAtAgain: since === null ? [] : leftToEarlierRun,
    },
    head,
    headHash: reached.hash === '' ? null : reached.hash,
    log: { ...log, events: reached.events },
    seals: sealsReport(run.seals, [...(options.seals?.kept.keys() ?? [])]),
    books: compared,
    findings: { count: findings.count(), byKind: findings.byKind(), first: findings.first() },
  };
};
