import { correctionFacts } from '#domain/reconciliation/correction.ts';
import type {
  BreakFound,
  ReconciliationEvent,
  StatementReconciled,
} from '#domain/reconciliation/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { cash, ifAny, shares } from './cell-texts.ts';
import { canonical, type ExpectedRow } from './cells.ts';
import type { Contradiction } from './contradiction.ts';
import type { NaiveBreak, NaiveReconciliation, Shelves } from './shelves.ts';

const neverFound = (breakId: string): Contradiction => ({
  expected: 'a break that was found before',
  actual: breakId,
  message: `Nobody found break ${breakId} before this event.`,
});

const find = (shelves: Shelves, sequence: number, { type: _, ...found }: BreakFound): void => {
  const { accountId, breakId, foundAt } = found;
  const before = shelves.breaks.get(`${accountId}/${breakId}`);
  shelves.breaks.put({
    accountId,
    breakId,
    createdSequence: before?.createdSequence ?? sequence,
    firstSeenAt: before?.firstSeenAt ?? foundAt,
    sequence,
    found,
    lastSeenAt: foundAt,
    end: null,
  });
};

const reconcile = (
  shelves: Shelves,
  { id, actor, sequence }: RecordedEvent,
  { type: _, ...said }: StatementReconciled,
): Contradiction | null => {
  const made = { createdSequence: sequence, sequence };
  shelves.reconciliations.put({ ...said, eventId: id, by: actor, ...made });
  let wrong: Contradiction | null = null;
  for (const breakId of said.seenAgain) {
    const seen = shelves.breaks.get(`${said.accountId}/${breakId}`);
    if (seen === undefined) wrong ??= neverFound(breakId);
    else shelves.breaks.put({ ...seen, lastSeenAt: said.reconciledAt, sequence });
  }
  return wrong;
};

type Ending = Exclude<ReconciliationEvent, BreakFound | StatementReconciled>;

const endOf = (event: Ending, by: string): NonNullable<NaiveBreak['end']> => {
  const nothing = { by, reason: null, correctedBy: null };
  switch (event.type) {
    case 'BreakResolved':
      return { ...nothing, status: 'resolved', at: event.resolvedAt };
    case 'BreakApproved':
      return {
        ...nothing,
        status: 'approved',
        at: event.approvedAt,
        correctedBy: event.correctedBy,
      };
    case 'BreakDismissed':
      return { ...nothing, status: 'dismissed', at: event.dismissedAt, reason: event.reason };
  }
};

/** Books what a reconciliation found and what became of it. What cannot be is said. */
export const bookReconciliation = (
  shelves: Shelves,
  recorded: RecordedEvent,
  event: ReconciliationEvent,
): Contradiction | null => {
  const { sequence, actor } = recorded;
  if (event.type === 'StatementReconciled') return reconcile(shelves, recorded, event);
  if (event.type === 'BreakFound') {
    find(shelves, sequence, event);
    return null;
  }
  const { accountId, breakId } = event;
  const open = shelves.breaks.get(`${accountId}/${breakId}`);
  if (open === undefined) return neverFound(breakId);
  shelves.breaks.put({ ...open, end: endOf(event, actor), sequence });
  if (open.end === null) return null;
  const message = `Break ${breakId} had ended before this event.`;
  return { expected: 'an open break', actual: open.end.status, message };
};

/** What `breaks` has to say of a break. */
export const breakCells = ({ found, end, ...one }: NaiveBreak): ExpectedRow => ({
  account_id: one.accountId,
  break_id: one.breakId,
  kind: found.kind,
  source: found.source,
  symbol: found.symbol,
  at: found.at,
  ours: ifAny(found.ours, canonical),
  theirs: ifAny(found.theirs, canonical),
  cash: cash(found.cash),
  shares: shares(found.shares),
  correction: ifAny(found.correction, (correction) => canonical(correctionFacts(correction))),
  why: found.why,
  status: end?.status ?? 'open',
  first_seen_at: one.firstSeenAt,
  last_seen_at: one.lastSeenAt,
  ended_at: end?.at ?? null,
  ended_by: end?.by ?? null,
  reason: end?.reason ?? null,
  corrected_by: end?.correctedBy ?? null,
  created_sequence: String(one.createdSequence),
  sequence: String(one.sequence),
});

export const reconciliationCells = (one: NaiveReconciliation): ExpectedRow => ({
  account_id: one.accountId,
  source: one.source,
  statement_digest: one.statementDigest,
  statement_from: one.from,
  statement_to: one.to,
  lines: String(one.lines),
  matched: String(one.matched),
  breaks: String(one.breaks),
  reconciled_at: one.reconciledAt,
  reconciled_by: one.by,
  event_id: one.eventId,
  sequence: String(one.sequence),
});
