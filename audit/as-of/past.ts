import type { AccountId } from '#domain/ids.ts';
import type { PastReader, Segment, Shown } from '../ports/past.ts';
import { readFacts } from './facts.ts';
import {
  beginFold,
  endOf,
  foldWindow,
  freshHappenings,
  type Happenings,
  keptHappenings,
  type Place,
  start,
} from './fold.ts';
import type { Fold } from './fold-state.ts';

/** Events of the account that are folded at once: who waits for it may go away between two. */
const windowEvents = 500;

type Stretch = {
  readonly from: Place;
  readonly through: number;
  readonly happenings: Happenings | null;
};

export type Patience = {
  /** Aborts a fold that nobody waits for any more. */
  readonly signal: AbortSignal;
  /** Hears of an account of whose past so little is kept that an answer folds a long log. */
  readonly onLong?: (accountId: AccountId) => void;
};

/** What of the log after a segment belongs to a view, in order. */
async function* stretchesOf(
  reader: PastReader,
  accountId: AccountId,
  shown: Shown,
  base: Segment | undefined,
): AsyncGenerator<Stretch, void, void> {
  const { until, end } = shown;
  if (end === null) {
    yield { from: base === undefined ? start : endOf(base), through: until, happenings: null };
    return;
  }
  const ranges = await reader.segmentsAfter(accountId, base?.through ?? 0, shown);
  for (const range of ranges) {
    const { floor: sequence, revisionBefore: revision, sessionsBefore: sessions } = range;
    const happenings = keptHappenings(readFacts(range.facts));
    yield { from: { sequence, revision, sessions }, through: range.through, happenings };
  }
  const last = await reader.base(accountId, {
    until: Number.MAX_SAFE_INTEGER,
    end: null,
  });
  if (last !== undefined && last.through >= until) return;
  const at = { accountId, through: last?.through ?? 0 };
  const known = last === undefined ? null : readFacts(last.facts);
  const { happenings } = freshHappenings(reader, at, known);
  yield { from: last === undefined ? start : endOf(last), through: until, happenings };
}

/**
 * One account in a view: the rows that were touched since the nearest segment folded on, all others where the segment
 * left them. Undefined where the view does not have the account.
 */
export const openPast = async (
  reader: PastReader,
  accountId: AccountId,
  shown: Shown,
  { signal, onLong }: Patience,
): Promise<Fold | undefined> => {
  const base = await reader.base(accountId, shown);
  const fold = await beginFold(reader, accountId, shown, base);
  for await (const { from, through, happenings } of stretchesOf(reader, accountId, shown, base)) {
    let place = from;
    for (let isLast = false; !isLast; ) {
      signal.throwIfAborted();
      const asked = { from: place, through, eventsMost: windowEvents, happenings };
      const window = await foldWindow(fold, asked);
      place = window.end;
      isLast = window.isLast;
      if (!isLast) onLong?.(accountId);
    }
  }
  return fold.tables.accounts.get(accountId) === undefined ? undefined : fold;
};
