import type { VerifySnapshot } from '../ports/ledger-snapshot.ts';
import type { AccountRange } from '../ports/log-reader.ts';
import { createLocalPart } from './local-part.ts';
import { returnRows } from './lost-rows.ts';
import type { PartEnd, PartOrder, VerifyPart, VerifyThreads } from './part.ts';
import { type RunRecord, recordsFor, type SavedRun } from './saved-run.ts';
import { everyAccount, rangesBetween } from './share.ts';

/** The parts that a run is done in. */
export type Parts = {
  readonly every: readonly VerifyPart[];
  readonly areThreads: boolean;
  readonly close: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

type CommonOrder = Omit<PartOrder, 'accounts'>;

const inThisThread = (snapshot: VerifySnapshot, order: CommonOrder): Parts => ({
  every: [createLocalPart(snapshot, { ...order, accounts: everyAccount })],
  areThreads: false,
  close: async () => {},
  stop: async () => {},
});

const inThreads = async (
  { momentName }: VerifySnapshot,
  order: CommonOrder,
  ranges: readonly AccountRange[],
  threads: VerifyThreads,
): Promise<Parts> => {
  const name = await momentName();
  const every = ranges.map((accounts) => threads.start({ ...order, accounts }, name));
  return {
    every,
    areThreads: true,
    close: async () => {
      await Promise.all(every.map((part) => part.close()));
    },
    stop: async () => {
      await Promise.all(every.map((part) => part.stop()));
    },
  };
};

const recordsAtOnce = 1_000;

const restore = async (
  part: VerifyPart,
  accounts: AccountRange,
  records: readonly RunRecord[],
): Promise<void> => {
  const own = recordsFor(records, accounts);
  for (let from = 0; from < own.length; from += recordsAtOnce) {
    await part.restore(own.slice(from, from + recordsAtOnce));
  }
};

/**
 * Starts the parts: in threads with about as many events each, or a single one in this thread where the log is short or
 * about one account. They go on from what an earlier run knew.
 */
export const openParts = async (
  snapshot: VerifySnapshot,
  order: CommonOrder,
  earlier: SavedRun | undefined,
  threads: VerifyThreads | undefined,
): Promise<Parts> => {
  const isShort = order.head - order.from + 1 < (threads?.fromEvents ?? 0);
  const isSplit = threads !== undefined && threads.most > 1 && order.accountId === null && !isShort;
  const bounds = isSplit ? await snapshot.tables.accountBounds(threads.most) : [];
  const ranges = rangesBetween([...new Set(bounds)].sort());
  const parts =
    isSplit && ranges.length > 1
      ? await inThreads(snapshot, order, ranges, threads)
      : inThisThread(snapshot, order);
  try {
    await Promise.all(
      parts.every.map(async (part, n) => {
        const accounts = parts.areThreads ? (ranges[n] ?? everyAccount) : everyAccount;
        if (earlier !== undefined) await restore(part, accounts, earlier.records);
        await part.begin();
      }),
    );
  } catch (error) {
    await parts.stop();
    throw error;
  }
  return parts;
};

/** What all parts know, one after the other. */
export async function* recordsOfParts({ every }: Parts): AsyncGenerator<RunRecord, void, void> {
  for (const part of every) {
    for (let some = await part.records(true); some.length > 0; some = await part.records(false)) {
      yield* some;
    }
  }
}

const sums = (all: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const total: Record<string, number> = {};
  for (const one of all) {
    for (const [name, count] of Object.entries(one)) total[name] = (total[name] ?? 0) + count;
  }
  return total;
};

/**
 * Ends all parts: rows that one found and another missed are returned first. Also says which event is the last one that
 * any rows behind the end of the books are of.
 */
export const endParts = async ({
  every,
}: Parts): Promise<{ readonly end: PartEnd; readonly lastOfRows: number }> => {
  const drained = await Promise.all(every.map((part) => part.drain()));
  const lost = drained.map((one) => one.lost);
  const all = lost.flat();
  const claims =
    all.length === 0
      ? every.map(() => [])
      : await Promise.all(every.map((part) => part.claims(all)));
  const returned = returnRows(lost, claims);
  const ends = await Promise.all(
    every.map((part, n) => part.end(returned[n] ?? { adopted: [], missed: new Map() })),
  );
  const counts = sums(ends.map(({ accounts, unknown }) => ({ accounts, unknown })));
  return {
    lastOfRows: Math.max(...drained.map(({ last }) => last)),
    end: {
      rows: sums(ends.map(({ rows }) => rows)),
      held: sums(ends.map(({ held }) => held)),
      accounts: counts['accounts'] ?? 0,
      unknown: counts['unknown'] ?? 0,
      states: sums(ends.map(({ states }) => states)) as PartEnd['states'],
    },
  };
};
