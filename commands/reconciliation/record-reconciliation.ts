import type { AccountId } from '#domain/ids.ts';
import type { BreakType } from '#domain/reconciliation/break-types.ts';
import type { Break, ReconciliationEvent } from '#domain/reconciliation/events.ts';
import { idsOfOurs } from '#domain/reconciliation/our-side.ts';
import { isBy, isWithin } from '#domain/reconciliation/period.ts';
import type { Instant } from '#domain/time.ts';
import type { StatementSource } from '../ports/statement-source.ts';
import type { KnownBreak, ReconciliationState } from './reconciliation-state.ts';

/** What a comparison found, to be kept. */
export type RecordReconciliation = {
  readonly accountId: AccountId;
  readonly source: string;
  /** executions: its statements tell those alone, and nothing of fees. */
  readonly scope: StatementSource['states'];
  readonly statementDigest: string;
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly lines: number;
  readonly matched: number;
  readonly breaks: readonly Break[];
  /** The kinds of break that such a statement can show: one of another kind is not gone because it is not here. */
  readonly kinds: readonly BreakType[];
  /** The references of its rows that were compared: a break of one of these would show again. */
  readonly compared: ReadonlySet<string>;
  /** What of ours its rows were matched with and agree: executions and events, by id. */
  readonly agreed: ReadonlySet<string>;
  readonly at: Instant;
};

/**
 * Whether rows of the statement have what the break is about as we have it. What else could not be read does not
 * matter: these very bookings are told, and told alike.
 */
const agreesWithOurs = (
  { scope, agreed }: RecordReconciliation,
  { kind, ours, theirs }: KnownBreak['found']['data'],
): boolean => {
  if (ours === null || (kind === 'fee' && scope === 'executions')) return false;
  // A trade that was taken back stands in earlier statements as it was.
  if (theirs?.['takenBack'] != null) return false;
  const ids = idsOfOurs(ours);
  return ids.length > 0 && ids.every((id) => agreed.has(id));
};

/** Whether the statement would show a break that was found before, if it were still there. */
const covers = (command: RecordReconciliation, { data }: KnownBreak['found']): boolean => {
  const { source, kinds, compared, from, to } = command;
  if (data.source !== source) return false;
  if (agreesWithOurs(command, data)) return true;
  const row = data.theirs?.['reference'];
  if (row != null && compared.has(row)) return true;
  if (!kinds.includes(data.kind)) return false;
  const isOfTheEnd = data.kind === 'position' || data.kind === 'cash_balance';
  return isOfTheEnd ? isBy(data.at, to) : isWithin(data.at, { from, to });
};

/** What is new: nothing where the same statement shows the same breaks as before. */
export const recordReconciliation = (
  command: RecordReconciliation,
  state: ReconciliationState,
): readonly ReconciliationEvent[] => {
  const { accountId, source, statementDigest, at } = command;
  const found: ReconciliationEvent[] = [];
  const seenAgain: Break['breakId'][] = [];
  for (const one of command.breaks) {
    const status = state.breaks.get(one.breakId)?.status;
    if (status === 'open' || status === 'dismissed') seenAgain.push(one.breakId);
    else found.push({ type: 'BreakFound', accountId, source, ...one, foundAt: at });
  }
  const present = new Set(command.breaks.map(({ breakId }) => breakId));
  const resolved = [...state.breaks.values()]
    .filter(({ status, found: { data } }) => status === 'open' && !present.has(data.breakId))
    .filter((known) => covers(command, known.found))
    .map(
      ({ found: { data } }): ReconciliationEvent => ({
        type: 'BreakResolved',
        accountId,
        breakId: data.breakId,
        statementDigest,
        resolvedAt: at,
      }),
    );
  const isNews = found.length + resolved.length > 0;
  if (!isNews && state.digests.get(source) === statementDigest) return [];
  const { from, to, lines, matched, breaks } = command;
  return [
    {
      type: 'StatementReconciled',
      accountId,
      source,
      statementDigest,
      from,
      to,
      lines,
      matched,
      breaks: breaks.length,
      seenAgain,
      reconciledAt: at,
    },
    ...found,
    ...resolved,
  ];
};
