import type { AccountId } from '#domain/ids.ts';
import type { LedgerSnapshot } from '../ports/ledger-snapshot.ts';
import type { EventFilter } from '../ports/log-reader.ts';
import { createFindings, type Finding, type Findings } from './finding.ts';
import { createLogChecks, findRepeatedIds } from './log-checks.ts';
import { readBody } from './read-body.ts';
import { comparedColumns, notCompared } from './table-columns.ts';
import { type BooksVerifier, createBooksVerifier } from './verify-books.ts';

export type VerifyOptions = {
  /** Only this account's stream and rows. */
  readonly accountId?: AccountId;
  /** Only the log, from here on: the books need the whole of it and are left out. */
  readonly fromSequence?: number;
  /** Called now and then with the sequence that has been reached. */
  readonly onProgress?: (sequence: number, head: number) => void;
  readonly signal?: AbortSignal;
};

export type VerifyReport = {
  readonly version: 1;
  readonly scope: { readonly account: AccountId | null; readonly fromSequence: number };
  readonly head: number;
  readonly log: {
    readonly events: number;
    readonly streams: number;
    /** Streams whose first hash in the range was believed. */
    readonly onTrust: number;
  };
  /** Null where only the log was read. */
  readonly books: {
    /** How far the read tables are; events after it are left out of the comparison. */
    readonly checkpoint: number;
    readonly accounts: number;
    readonly accountsNotCompared: number;
    readonly rowsCompared: Readonly<Record<string, number>>;
    readonly columnsCompared: Readonly<Record<string, readonly string[]>>;
    readonly columnsNotCompared: Readonly<Record<string, readonly string[]>>;
  } | null;
  readonly findings: {
    readonly count: number;
    readonly byKind: ReturnType<Findings['byKind']>;
    readonly first: readonly Finding[];
  };
};

/** Ids that one account is expected to have at most; more only cost a second look. */
const idsOfAccount = 1_000_000;

const filterOf = ({ accountId, fromSequence }: VerifyOptions, head: number): EventFilter => ({
  ...(accountId === undefined ? {} : { accountId }),
  ...(fromSequence === undefined ? {} : { fromSequence }),
  toSequence: head,
});

type BooksToVerify = { readonly verifier: BooksVerifier; readonly checkpoint: number };

const openBooks = async (
  { tables }: LedgerSnapshot,
  { accountId, fromSequence }: VerifyOptions,
  findings: Findings,
  head: number,
): Promise<BooksToVerify | null> => {
  if (fromSequence !== undefined && fromSequence > 1) return null;
  const { checkpoint } = await tables.live();
  if (checkpoint > head) {
    findings.add({
      kind: 'checkpoint_beyond_log',
      sequence: head + 1,
      column: 'checkpoint',
      expected: `at most ${head}`,
      actual: String(checkpoint),
      message: `The read tables have seen events up to ${checkpoint}, the log ends at ${head}: its end is missing.`,
    });
  }
  return { checkpoint, verifier: createBooksVerifier(findings, tables, accountId ?? null) };
};

const booksReport = async (books: BooksToVerify | null): Promise<VerifyReport['books']> => {
  if (books === null) return null;
  const { verifier, checkpoint } = books;
  const rowsCompared = await verifier.end();
  return {
    checkpoint,
    accounts: verifier.accounts(),
    accountsNotCompared: verifier.unknown(),
    rowsCompared,
    columnsCompared: Object.fromEntries(
      Object.entries(comparedColumns).map(([table, columns]) => [table, Object.keys(columns)]),
    ),
    columnsNotCompared: notCompared,
  };
};

/**
 * Recomputes what can be recomputed from the stored bodies alone: the log's order and hashes, then the books by a fold of
 * its own, which the read tables are compared with. Keeps a head per stream, an id filter and, of each account, its
 * orders and executions; never the events. Throws where it could not read, or once `signal` aborts.
 */
export const verifyLedger = async (
  snapshot: LedgerSnapshot,
  options: VerifyOptions = {},
): Promise<VerifyReport> => {
  const { accountId, fromSequence = 1, signal, onProgress } = options;
  const { log } = snapshot;
  const findings = createFindings();
  const head = await log.head();
  const filter = filterOf(options, head);
  const checks = createLogChecks(findings, {
    whole: accountId === undefined ? { from: fromSequence, to: head } : null,
    idsExpected: accountId === undefined ? head : Math.min(head, idsOfAccount),
    mayBegin: fromSequence > 1,
  });
  const books = await openBooks(snapshot, options, findings, head);
  let events = 0;
  for await (const page of log.events(filter)) {
    signal?.throwIfAborted();
    for (const stored of page) {
      events += 1;
      checks.take(stored);
      const event = readBody(log, stored, findings);
      if (books !== null && stored.sequence <= books.checkpoint) {
        await books.verifier.take(stored, event);
      }
    }
    onProgress?.(page.at(-1)?.sequence ?? 0, head);
  }
  checks.end();
  await findRepeatedIds(findings, checks.suspects, log.events(filter));
  const compared = await booksReport(books);
  return {
    version: 1,
    scope: { account: accountId ?? null, fromSequence },
    head,
    log: { events, streams: checks.streams(), onTrust: checks.onTrust() },
    books: compared,
    findings: {
      count: findings.count(),
      byKind: findings.byKind(),
      first: findings.first(),
    },
  };
};
