import type { BreakId, EventId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { BreakStatus } from '#domain/reconciliation/break-types.ts';
import type { BreakFound } from '#domain/reconciliation/events.ts';
import { isReconciliationEvent, type RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { unreachable } from '#domain/unreachable.ts';

export type KnownBreak = {
  /** The latest finding of it. */
  readonly found: RecordedEvent<BreakFound>;
  readonly status: BreakStatus;
  readonly firstSeenAt: Instant;
  /** Of the event that found it, or the latest one that saw it again. */
  readonly seenSequence: number;
  /** How often it has come up: a correction of one time is not that of another. */
  readonly times: number;
  /** Of an approved one, what corrected the books; null where they had it already. */
  readonly correctedBy: EventId | null;
};

/** What one account's reconciliations have found, and what became of it. */
export type ReconciliationState = {
  revision: number;
  readonly breaks: Map<BreakId, KnownBreak>;
  /** By source, what its latest statement said. */
  readonly digests: Map<string, string>;
};

export const nothingReconciled = (): ReconciliationState => ({
  revision: 0,
  breaks: new Map(),
  digests: new Map(),
});

/** Folds one event of a reconciliation stream. */
export const evolveReconciliation = (state: ReconciliationState, event: RecordedEvent): void => {
  const { data } = event;
  invariant(isReconciliationEvent(data), `${data.type} is not in a reconciliation stream`);
  state.revision = event.revision;
  const end = (breakId: BreakId, status: BreakStatus, correctedBy: EventId | null = null): void => {
    const known = state.breaks.get(breakId);
    invariant(known !== undefined, `break ${breakId} was found before`);
    state.breaks.set(breakId, { ...known, status, correctedBy });
  };
  switch (data.type) {
    case 'StatementReconciled':
      state.digests.set(data.source, data.statementDigest);
      for (const breakId of data.seenAgain) {
        const known = state.breaks.get(breakId);
        if (known !== undefined) {
          state.breaks.set(breakId, { ...known, seenSequence: event.sequence });
        }
      }
      return;
    case 'BreakFound': {
      const before = state.breaks.get(data.breakId);
      state.breaks.set(data.breakId, {
        found: { ...event, data },
        status: 'open',
        firstSeenAt: before?.firstSeenAt ?? data.foundAt,
        seenSequence: event.sequence,
        times: (before?.times ?? 0) + 1,
        correctedBy: null,
      });
      return;
    }
    case 'BreakResolved':
      end(data.breakId, 'resolved');
      return;
    case 'BreakApproved':
      end(data.breakId, 'approved', data.correctedBy);
      return;
    case 'BreakDismissed':
      end(data.breakId, 'dismissed');
      return;
    default:
      unreachable(data);
  }
};
