import {
  type AccountId,
  type Actor,
  accountStream,
  type BreakId,
  type CommandId,
  type EventId,
  reconciliationStream,
} from '#domain/ids.ts';
import type { ReconciliationEvent } from '#domain/reconciliation/events.ts';
import type { NewEvent, RecordedEvent } from '#domain/recorded-event.ts';
import type { Refusal, RefusalCode } from '#domain/refusals.ts';
import type { Instant } from '#domain/time.ts';
import type { Handled, Ledger } from '../ledger.ts';
import { AccountContended, AccountMoved } from '../pipeline.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { Ids } from '../ports/ids.ts';
import { importKey } from '../ports/statement-line.ts';
import { isBookedBy } from './booked-since.ts';
import { commandOf } from './correction-command.ts';
import {
  evolveReconciliation,
  type KnownBreak,
  nothingReconciled,
  type ReconciliationState,
} from './reconciliation-state.ts';
import { type RecordReconciliation, recordReconciliation } from './record-reconciliation.ts';
import { stillFits } from './still-fits.ts';

/** What a person decides about a break, and when by the market's time. */
export type BreakDecision = {
  readonly accountId: AccountId;
  readonly breakId: BreakId;
  readonly actor: Actor;
  readonly at: Instant;
};

export type Decided =
  | {
      readonly kind: 'done';
      /** What the correction recorded in the account; empty where it was so already. */
      readonly events: readonly RecordedEvent[];
      readonly sequence: number | null;
      /** It was decided so before; nothing was written now. */
      readonly repeated: boolean;
    }
  /** The correction met something that it contradicts: kept as disputed, moves nothing; the break stays open. */
  | { readonly kind: 'disputed'; readonly because: string; readonly sequence: number | null }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export type Reconciliations = {
  /** Keeps what a comparison found. The same again records nothing: `sequence` is then null. */
  readonly record: (
    actor: Actor,
    command: RecordReconciliation,
  ) => Promise<{ readonly sequence: number | null }>;
  /** Books the proposed correction, once however often it is approved. */
  readonly approve: (decision: BreakDecision) => Promise<Decided>;
  /** Ends a break without a booking. */
  readonly dismiss: (decision: BreakDecision & { readonly reason: string }) => Promise<Decided>;
  readonly stateOf: (accountId: AccountId) => Promise<ReconciliationState>;
};

export type ReconciliationPorts = {
  readonly store: Pick<EventStore, 'append' | 'readStream' | 'readStreamBackward' | 'readCommand'>;
  readonly ledger: Ledger;
  readonly ids: Ids;
};

/** Writers of one account's reconciliations are few: more conflicts in a row than this are a bug. */
const attemptsMax = 50;
/** Events of an account that are read at a time. */
const pageMost = 500;

/** The cause of what is written: an event before it in another stream or this one. */
type Cause = { readonly correlationId: EventId; readonly causationId: EventId };

const refused = (code: RefusalCode, details: Refusal['details']): Decided => ({
  kind: 'refused',
  refusal: { code, details },
});

const nothingNew = (correctedBy: EventId | null, events: readonly RecordedEvent[]): Decided => ({
  kind: 'done',
  events: events.filter(({ id }) => id === correctedBy),
  sequence: events.at(-1)?.sequence ?? null,
  repeated: true,
});

const disputeIn = (events: readonly RecordedEvent[]): string | undefined => {
  for (const { data } of events) {
    if (data.type === 'FillDisputed' || data.type === 'ReportDisputed') return data.because;
  }
  return undefined;
};

/** The command side of reconciling: one stream for each account, beside the account's own. */
export const createReconciliations = ({
  store,
  ledger,
  ids,
}: ReconciliationPorts): Reconciliations => {
  const stateOf = async (accountId: AccountId): Promise<ReconciliationState> => {
    const state = nothingReconciled();
    for await (const page of store.readStream(reconciliationStream(accountId))) {
      for (const event of page) evolveReconciliation(state, event);
    }
    return state;
  };

  const enveloped = (
    events: readonly ReconciliationEvent[],
    actor: Actor,
    at: Instant,
    cause: Cause | null,
  ): readonly NewEvent[] => {
    let correlationId = cause?.correlationId;
    return events.map((data) => {
      const id = ids.next() as EventId;
      correlationId ??= id;
      return {
        id,
        effectiveAt: at,
        correlationId,
        causationId: cause?.causationId ?? null,
        // What is known already is known by the state of the stream.
        commandId: null,
        commandDigest: null,
        actor,
        data,
      };
    });
  };

  /** Decides on the stream as it is and appends; once more when somebody else wrote first. */
  const append = async (
    accountId: AccountId,
    actor: Actor,
    at: Instant,
    decide: (state: ReconciliationState) => readonly ReconciliationEvent[],
    cause: Cause | null = null,
  ): Promise<number | null> => {
    const stream = reconciliationStream(accountId);
    for (let round = 1; round <= attemptsMax; round += 1) {
      const state = await stateOf(accountId);
      const events = enveloped(decide(state), actor, at, cause);
      if (events.length === 0) return null;
      const request = { stream, expectedRevision: state.revision, events };
      const [outcome] = await store.append([request]);
      if (outcome?.kind === 'appended') return outcome.events.at(-1)?.sequence ?? null;
    }
    throw new AccountContended(`${stream}: ${attemptsMax} conflicts in a row`);
  };

  /** The idempotency key of a correction: the break's, for each time that it came up. */
  const keyOf = ({ breakId }: BreakDecision, { times }: KnownBreak): string =>
    `break:${breakId}:${times}`;

  const causeOf = ({ found }: KnownBreak): Cause => ({
    correlationId: found.correlationId,
    causationId: found.id,
  });

  /** An import of the same row since has mended the break already. */
  const isImportedSince = async (
    accountId: AccountId,
    { found: { data, sequence } }: KnownBreak,
  ): Promise<boolean> => {
    const { correction } = data;
    if (correction === null || !('externalReference' in correction)) return false;
    const key = `c:${importKey(correction.externalReference)}` as CommandId;
    const events = await store.readCommand(accountStream(accountId), key);
    return events.some((event) => event.sequence > sequence);
  };

  /** Something else has been booked since that looks like the correction: only another comparison can tell them apart. */
  const isBookedSince = async (
    accountId: AccountId,
    state: ReconciliationState,
    known: KnownBreak,
  ): Promise<boolean> => {
    const isIt = isBookedBy(state, known);
    const stream = accountStream(accountId);
    let before: number | undefined;
    for (;;) {
      const paging = before === undefined ? {} : { before };
      const page = await store.readStreamBackward(stream, { ...paging, limit: pageMost });
      const since = page.filter(({ sequence }) => sequence > known.seenSequence);
      if (since.some(isIt)) return true;
      const last = page.at(-1);
      if (last === undefined || since.length < pageMost) return false;
      before = last.revision;
    }
  };

  /** Checks and books on one revision of the account. Throws AccountMoved where somebody wrote in between. */
  const correctAsSeen = async (
    decision: BreakDecision,
    known: KnownBreak,
    all: ReconciliationState,
  ): Promise<Handled | Decided> => {
    const { accountId, breakId, actor, at } = decision;
    const { data } = known.found;
    if (data.correction === null) return refused('break_needs_a_person', { break_id: breakId });
    const key = keyOf(decision, known);
    const stream = accountStream(accountId);
    // First: what the store is asked for after it has all that came before this revision.
    const { fits, revision: expectedRevision } = await ledger.inspect(
      accountId,
      (state, revision) => ({ fits: stillFits(data, state), revision }),
    );
    const before = await store.readCommand(stream, `c:${key}` as CommandId);
    const isOutdated =
      !fits ||
      (await isImportedSince(accountId, known)) ||
      (await isBookedSince(accountId, all, known));
    if (before.length === 0 && isOutdated) return refused('break_outdated', { break_id: breakId });
    const meta = { accountId, actor, key, expectedRevision, ...causeOf(known) };
    return ledger.handle(meta, commandOf(data.correction, at));
  };

  const correct = async (
    decision: BreakDecision,
    known: KnownBreak,
    all: ReconciliationState,
  ): Promise<Handled | Decided> => {
    for (let round = 1; round <= attemptsMax; round += 1) {
      try {
        return await correctAsSeen(decision, known, all);
      } catch (error) {
        if (!(error instanceof AccountMoved)) throw error;
      }
    }
    throw new AccountContended(`account ${decision.accountId}: ${attemptsMax} writers in a row`);
  };

  const notFound = ({ breakId }: BreakDecision): Decided =>
    refused('break_not_found', { break_id: breakId });

  const notOpen = ({ breakId }: BreakDecision, { status }: KnownBreak): Decided =>
    refused('break_not_open', { break_id: breakId, status });

  const approve = async (decision: BreakDecision): Promise<Decided> => {
    const { accountId, breakId, actor, at } = decision;
    const state = await stateOf(accountId);
    const known = state.breaks.get(breakId);
    if (known === undefined) return notFound(decision);
    if (known.status === 'approved') {
      const key = `c:${keyOf(decision, known)}` as CommandId;
      const events = await store.readCommand(accountStream(accountId), key);
      return nothingNew(known.correctedBy, events);
    }
    if (known.status !== 'open') return notOpen(decision, known);
    const handled = await correct(decision, known, state);
    if (handled.kind === 'disputed') return handled;
    if (handled.kind === 'refused') return { kind: 'refused', refusal: handled.refusal };
    const because = disputeIn(handled.events);
    if (because !== undefined) return { kind: 'disputed', because, sequence: handled.sequence };
    const correctedBy = handled.events[0]?.id ?? null;
    const sequence = await append(
      accountId,
      actor,
      at,
      ({ breaks }) =>
        breaks.get(breakId)?.status === 'open'
          ? [{ type: 'BreakApproved', accountId, breakId, correctedBy, approvedAt: at }]
          : [],
      { correlationId: known.found.correlationId, causationId: correctedBy ?? known.found.id },
    );
    const { events, repeated } = handled;
    return { kind: 'done', events, sequence: sequence ?? handled.sequence, repeated };
  };

  const dismiss = async (
    decision: BreakDecision & { readonly reason: string },
  ): Promise<Decided> => {
    const { accountId, breakId, actor, at, reason } = decision;
    const known = (await stateOf(accountId)).breaks.get(breakId);
    if (known === undefined) return notFound(decision);
    if (known.status === 'dismissed') return nothingNew(null, []);
    if (known.status !== 'open') return notOpen(decision, known);
    const sequence = await append(
      accountId,
      actor,
      at,
      ({ breaks }) =>
        breaks.get(breakId)?.status === 'open'
          ? [{ type: 'BreakDismissed', accountId, breakId, reason, dismissedAt: at }]
          : [],
      causeOf(known),
    );
    return { kind: 'done', events: [], sequence, repeated: sequence === null };
  };

  return {
    record: async (actor, command) => ({
      sequence: await append(command.accountId, actor, command.at, (state) =>
        recordReconciliation(command, state),
      ),
    }),
    approve,
    dismiss,
    stateOf,
  };
};
