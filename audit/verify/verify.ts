import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { VerifySnapshot } from '../ports/ledger-snapshot.ts';
import type { StoredEvent } from '../ports/log-reader.ts';
import { eventsToVerify } from './events-to-verify.ts';
import { createFindings, type Finding, type Findings, type SavedFindings } from './finding.ts';
import { checkHeads, checkIds, createLogChecks, type LogChecks } from './log-checks.ts';
import { readBody } from './read-body.ts';
import {
  type RunHead,
  type RunRecord,
  recordsOf,
  restoreBooks,
  runVersion,
  type SavedRun,
} from './saved-run.ts';
import { createSealChecks, type SealChecks, type SealsToCheck } from './seal-checks.ts';
import { createStateChecks, type StateChecks } from './state-checks.ts';
import { comparedColumns, notCompared } from './table-columns.ts';
import { accountOf, type BooksVerifier, createBooksVerifier } from './verify-books.ts';
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
  readonly keep?: (records: Iterable<RunRecord>) => void;
  readonly keepEveryMs?: number;
  /** Called now and then with the sequence that has been reached. */
  readonly onProgress?: (sequence: number, head: number) => void;
  readonly signal?: AbortSignal;
};

type BooksToVerify = {
  readonly verifier: BooksVerifier;
  readonly states: StateChecks;
  readonly checkpoint: number;
};

/** How far it is: the last event that was read and its hash, and the last that was booked. */
type Reached = { at: number; hash: string; booksAt: number; events: number };

const beyondLog = (findings: Findings, checkpoint: number, head: number): void =>
  findings.add({
    kind: 'checkpoint_beyond_log',
    sequence: head + 1,
    column: 'checkpoint',
    expected: `at most ${head}`,
    actual: String(checkpoint),
    message: `The read tables have seen events up to ${checkpoint}, the log ends at ${head}: its end is missing.`,
  });

const openBooks = async (
  { log, tables }: VerifySnapshot,
  { accountId: only, fromSequence = 1, earlier }: VerifyOptions,
  findings: Findings,
  head: number,
): Promise<BooksToVerify | null> => {
  if (fromSequence > 1) return null;
  const accountId = only ?? null;
  const { checkpoint } = await tables.live();
  const after = earlier?.head.booksAt ?? 0;
  if (checkpoint < after) {
    throw new Error(
      `The read tables are at event ${checkpoint}, the earlier run had read them at ${after}: wait until they have caught up.`,
    );
  }
  if (checkpoint > head) beyondLog(findings, checkpoint, head);
  const verifier = createBooksVerifier(findings, log, tables, { after, accountId });
  if (earlier !== undefined) restoreBooks(verifier, earlier);
  await verifier.catchUp();
  const states = await createStateChecks(findings, tables, accountId);
  return { checkpoint, verifier, states };
};

const booksReport = async (
  books: BooksToVerify | null,
  before: Readonly<Record<string, number>>,
  head: number,
): Promise<VerifyReport['books']> => {
  if (books === null) return null;
  const { verifier, checkpoint, states } = books;
  const rows = await verifier.end(checkpoint, head);
  return {
    checkpoint,
    accounts: verifier.accounts(),
    accountsNotCompared: verifier.unknown(),
    rowsCompared: Object.fromEntries(
      Object.entries(rows).map(([table, count]) => [table, count + (before[table] ?? 0)]),
    ),
    held: verifier.held(),
    columnsCompared: Object.fromEntries(
      Object.entries(comparedColumns).map(([table, columns]) => [table, Object.keys(columns)]),
    ),
    columnsNotCompared: notCompared,
    states: {
      checked: states.checked(),
      skipped: states.skipped(),
      notReached: states.notReached(),
    },
  };
};

/** The last event that the earlier run read has to be there still. */
const checkBase = async (
  { log }: VerifySnapshot,
  { head: { at, hash } }: SavedRun,
  findings: Findings,
): Promise<void> => {
  if (at === 0) return;
  let actual: string | null = null;
  for await (const page of log.events({ fromSequence: at, toSequence: at })) {
    actual = page[0]?.hash ?? null;
  }
  if (actual === hash) return;
  const message = `Event ${at} is not the one that the earlier run read: what came before it was changed since.`;
  findings.add({
    kind: 'base_differs',
    sequence: at,
    column: 'hash',
    expected: hash,
    actual,
    message,
  });
};

/** Found anew by whoever goes on: seals are looked through from the first one again, and so are the read tables' places. */
const isFoundAgain = ({ kind, source }: Pick<Finding, 'kind' | 'source'>): boolean =>
  kind === 'checkpoint_beyond_log' ||
  (kind.startsWith('seal_') && (kind !== 'seal_log_differs' || source === 'kept'));

const findingsToKeep = ({ ofLog, ofTables, counts }: SavedFindings): SavedFindings => {
  const again = ofLog.filter(isFoundAgain);
  const left = counts.map(([kind, count]) => {
    const found = again.filter((finding) => finding.kind === kind).length;
    return [kind, isFoundAgain({ kind }) ? 0 : count - found] as const;
  });
  return {
    ofLog: ofLog.filter((finding) => !isFoundAgain(finding)),
    ofTables,
    counts: left.filter(([, count]) => count > 0),
  };
};

type Parts = {
  readonly findings: Findings;
  readonly checks: LogChecks;
  readonly seals: SealChecks | null;
  readonly books: BooksToVerify | null;
  readonly reached: Reached;
};

/** Takes the events in their order; what else has to be read for one is read before anything of it is noted. */
const createTaker = ({ log }: VerifySnapshot, parts: Parts) => {
  const { findings, checks, seals, books, reached } = parts;
  const readBefore = reached.at;

  const takeLog = (stored: StoredEvent, flaws: readonly Finding[]): void => {
    checks.take(stored);
    for (const flaw of flaws) findings.add(flaw);
    seals?.take(stored);
    reached.at = stored.sequence;
    reached.hash = stored.hash;
    reached.events += 1;
  };

  const toBook = (sequence: number): BooksToVerify | null =>
    books !== null && sequence > reached.booksAt && sequence <= books.checkpoint ? books : null;

  const takeBooks = (
    { verifier, states }: BooksToVerify,
    stored: StoredEvent,
    event: RecordedEvent | undefined,
  ) => {
    verifier.take(stored, event);
    const id = accountOf(stored.stream);
    if (id !== null) states.take(stored, verifier.books.accounts.get(id));
    reached.booksAt = stored.sequence;
  };

  const prepare = async (
    stored: StoredEvent,
    event: RecordedEvent | undefined,
    booked: BooksToVerify | null,
  ): Promise<void> => {
    if (seals?.isReady(stored.sequence) === false) await seals.prepare(stored.sequence);
    if (booked?.verifier.isReady(stored, event) === false) {
      await booked.verifier.prepare(stored, event);
    }
  };

  /** Mostly all is at hand, and no event costs a turn of the event loop. */
  const isReady = (
    stored: StoredEvent,
    event: RecordedEvent | undefined,
    booked: BooksToVerify | null,
  ): boolean =>
    seals?.isReady(stored.sequence) !== false && booked?.verifier.isReady(stored, event) !== false;

  return async (page: readonly StoredEvent[]): Promise<void> => {
    for (const stored of page) {
      const { event, flaws } = readBody(log, stored);
      const booked = toBook(stored.sequence);
      if (!isReady(stored, event, booked)) await prepare(stored, event, booked);
      if (stored.sequence > readBefore) takeLog(stored, flaws);
      if (booked !== null) takeBooks(booked, stored, event);
    }
    await books?.verifier.catchUp();
    await books?.states.catchUp();
  };
};

/** A run as it can be gone on with. */
const recordsFrom = (
  { findings, checks, seals, books, reached }: Parts,
  accountId: AccountId | null,
  rows: Readonly<Record<string, number>>,
  isFinished: boolean,
): Iterable<RunRecord> => {
  if (books === null) return [];
  const head: RunHead = {
    kind: 'run',
    version: runVersion,
    accountId,
    ...reached,
    isFinished,
    rows,
    findings: findingsToKeep(findings.save()),
    seals: seals?.save() ?? null,
  };
  return recordsOf(head, checks.heads, books.verifier);
};

const checkEarlier = ({ earlier, accountId, fromSequence = 1 }: VerifyOptions): void => {
  if (earlier === undefined) return;
  const { accountId: account, isFinished, findings } = earlier.head;
  if (fromSequence > 1) throw new Error('An earlier run and a first sequence do not go together.');
  if (account !== (accountId ?? null)) {
    throw new Error(`The earlier run was about ${account ?? 'all accounts'}: ask for the same.`);
  }
  if (isFinished && findings.counts.length > 0) {
    throw new Error(
      'The earlier run has findings, so nothing can be built on it: verify from the beginning.',
    );
  }
};

/** `keep` at most every few seconds, and the less often the longer it takes. */
const createKeeping = (everyMs: number, keep: () => void) => {
  let due = performance.now() + everyMs;
  return {
    now: keep,
    ifDue: (): void => {
      const begun = performance.now();
      if (begun < due) return;
      keep();
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
const openParts = async (
  snapshot: VerifySnapshot,
  options: VerifyOptions,
  head: number,
): Promise<
  Parts & { readonly rows: Readonly<Record<string, number>>; readonly since: number | null }
> => {
  const { accountId, fromSequence = 1, earlier } = options;
  const { reached, rows, since, seals: savedSeals, saved } = startOf(options);
  const { at } = reached;
  let noteBroken: (sequence: number) => void = () => {};
  const onLog = ({ sequence }: Finding): void => {
    if (sequence !== undefined) noteBroken(sequence);
  };
  const findings = createFindings({ ...saved, onLog });
  if (earlier !== undefined) await checkBase(snapshot, earlier, findings);
  const isWhole = accountId === undefined;
  const range = { whole: isWhole ? { from: at + 1, to: head } : null, mayBegin: fromSequence > 1 };
  const checks = createLogChecks(findings, range, earlier?.heads);
  const seals =
    options.seals === undefined || !isWhole || fromSequence > 1
      ? null
      : createSealChecks(findings, snapshot.log, options.seals, at, savedSeals);
  if (seals !== null) noteBroken = seals.note;
  const books = await openBooks(snapshot, options, findings, head);
  return { findings, checks, seals, books, reached, rows, since };
};

/** What is looked at once all events have gone by. */
const checkEnds = async (
  { tables }: VerifySnapshot,
  { findings, checks, seals }: Parts,
  { accountId, fromSequence = 1 }: VerifyOptions,
  first: number,
  head: number,
): Promise<void> => {
  checks.end();
  const isWhole = accountId === undefined;
  await checkIds(findings, tables, { after: first - 1, ...(isWhole ? {} : { accountId }) });
  if (isWhole && fromSequence === 1) await checkHeads(findings, tables, checks.heads, head);
  await seals?.end();
};

/**
 * Recomputes what can be recomputed from the stored bodies alone: the log's order, hashes and seals, then the books by a
 * fold of its own, which the read tables and the states of commands are compared with. Keeps a head per stream, the
 * holdings, and of orders, fills and lots only those that are open or have a row that differs; never the events.
 * Throws where it could not read, or once `signal` aborts.
 */
export const verifyLedger = async (
  snapshot: VerifySnapshot,
  options: VerifyOptions = {},
): Promise<VerifyReport> => {
  checkEarlier(options);
  const { signal, onProgress, fromSequence = 1 } = options;
  const accountId = options.accountId ?? null;
  const { log } = snapshot;
  const head = await log.head();
  const parts = await openParts(snapshot, options, head);
  const { findings, checks, reached, books, since, rows } = parts;
  const first = reached.at + 1;
  let isFinished = false;
  const keeping = createKeeping(options.keepEveryMs ?? 10_000, () =>
    options.keep?.(recordsFrom(parts, accountId, rows, isFinished)),
  );
  const take = createTaker(snapshot, parts);
  const from = books === null ? first : Math.min(first, reached.booksAt + 1);
  try {
    for await (const page of eventsToVerify(log, { from, to: head }, accountId)) {
      signal?.throwIfAborted();
      await take(page);
      onProgress?.(page.at(-1)?.sequence ?? 0, head);
      keeping.ifDue();
    }
    signal?.throwIfAborted();
  } catch (error) {
    keeping.now();
    throw error;
  }
  await checkEnds(snapshot, parts, options, first, head);
  const compared = await booksReport(books, rows, head);
  isFinished = true;
  keeping.now();
  return {
    version: 2,
    scope: {
      account: accountId,
      fromSequence: since === null ? fromSequence : first,
      toSequence: head,
      since,
      notLookedAtAgain: since === null ? [] : leftToEarlierRun,
    },
    head,
    headHash: reached.hash === '' ? null : reached.hash,
    log: { events: reached.events, streams: checks.streams(), onTrust: checks.onTrust() },
    seals: sealsReport(parts.seals, [...(options.seals?.kept.keys() ?? [])]),
    books: compared,
    findings: { count: findings.count(), byKind: findings.byKind(), first: findings.first() },
  };
};
