import type { AccountId, BreakId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { correctionFacts } from '#domain/reconciliation/correction.ts';
import type {
  BreakFound,
  ReconciliationEvent,
  StatementReconciled,
} from '#domain/reconciliation/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { unreachable } from '#domain/unreachable.ts';
import type { Tables } from '../tables.ts';
import { type BreakRecord, breakKey } from './table.ts';

/** The two tables that reconciliations fill. */
export type BreakTables = Pick<Tables, 'breaks' | 'reconciliations'>;

const known = (tables: BreakTables, accountId: AccountId, breakId: BreakId): BreakRecord => {
  const row = tables.breaks.get(breakKey(accountId, breakId));
  invariant(row !== undefined, `break ${breakId} was found before`);
  return row;
};

const reconciled = (event: RecordedEvent<StatementReconciled>, tables: BreakTables): void => {
  const { data, sequence } = event;
  tables.reconciliations.put({
    accountId: data.accountId,
    source: data.source,
    statementDigest: data.statementDigest,
    statementFrom: data.from,
    statementTo: data.to,
    lines: data.lines,
    matched: data.matched,
    breaks: data.breaks,
    reconciledAt: data.reconciledAt,
    reconciledBy: event.actor,
    eventId: event.id,
    sequence,
  });
  for (const breakId of data.seenAgain) {
    const row = known(tables, data.accountId, breakId);
    tables.breaks.put({ ...row, lastSeenAt: data.reconciledAt, sequence });
  }
};

/** A break that comes up again keeps its age. */
const found = ({ data, sequence }: RecordedEvent<BreakFound>, tables: BreakTables): void => {
  const { type: _, foundAt, correction, ...rest } = data;
  const before = tables.breaks.get(breakKey(data.accountId, data.breakId));
  tables.breaks.put({
    ...rest,
    correction: correction === null ? null : correctionFacts(correction),
    status: 'open',
    firstSeenAt: before?.firstSeenAt ?? foundAt,
    lastSeenAt: foundAt,
    endedAt: null,
    endedBy: null,
    reason: null,
    correctedBy: null,
    createdSequence: before?.createdSequence ?? sequence,
    sequence,
  });
};

/** What was found by reconciling, and what became of it. Moves nothing in any other table. */
export const projectReconciliation = (
  event: RecordedEvent<ReconciliationEvent>,
  tables: BreakTables,
): void => {
  const { data, sequence, actor } = event;
  switch (data.type) {
    case 'StatementReconciled':
      reconciled({ ...event, data }, tables);
      return;
    case 'BreakFound':
      found({ ...event, data }, tables);
      return;
    case 'BreakResolved': {
      const row = known(tables, data.accountId, data.breakId);
      const endedAt = data.resolvedAt;
      tables.breaks.put({ ...row, status: 'resolved', endedAt, endedBy: actor, sequence });
      return;
    }
    case 'BreakApproved': {
      const row = known(tables, data.accountId, data.breakId);
      const { approvedAt: endedAt, correctedBy } = data;
      const ended = { endedAt, endedBy: actor, correctedBy };
      tables.breaks.put({ ...row, status: 'approved', ...ended, sequence });
      return;
    }
    case 'BreakDismissed': {
      const row = known(tables, data.accountId, data.breakId);
      const ended = { endedAt: data.dismissedAt, endedBy: actor, reason: data.reason };
      tables.breaks.put({ ...row, status: 'dismissed', ...ended, sequence });
      return;
    }
    default:
      unreachable(data);
  }
};
