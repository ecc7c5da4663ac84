import type { AccountEvent } from '#domain/account/events.ts';
import { evolve } from '#domain/account/evolve.ts';
import { type AccountId, accountStream, type CommandId, type EventId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { NewEvent, RecordedEvent } from '#domain/recorded-event.ts';
import type { Refusal, RefusalCode } from '#domain/refusals.ts';
import {
  type AccountSession,
  type AccountSessions,
  createAccountSessions,
  remember,
  type SessionSettings,
} from './account-sessions.ts';
import { type CommandIdentity, identityOf } from './command-content.ts';
import { type AccountCommand, decide } from './commands.ts';
import type { AccountDecision } from './deciding.ts';
import type { CommandMeta, Handled, Ledger } from './ledger.ts';
import type { Digest } from './ports/digest.ts';
import type { AppendOutcome, EventStore } from './ports/event-store.ts';
import type { Ids } from './ports/ids.ts';
import type { Quotes } from './ports/quotes.ts';
import type { SnapshotStore } from './ports/snapshot-store.ts';

export type LedgerPorts = {
  readonly store: EventStore;
  readonly snapshots: SnapshotStore;
  readonly quotes: Quotes;
  readonly ids: Ids;
  readonly digest: Digest;
};

const defaults: SessionSettings = {
  cachedMax: 10_000,
  cachedEventsMax: 2_000_000,
  snapshotAfter: 1_000,
};
/** Conflicts in a row before we say so: each one means that somebody else wrote to the account. */
const attemptsMax = 50;

/** Other processes kept writing to this account; the command was not done and may be repeated. */
export class AccountContended extends Error {
  override readonly name = 'AccountContended';
  readonly code = 'account_contended';
}

/** Somebody has written to the account since the caller looked; nothing was done. Look again. */
export class AccountMoved extends Error {
  override readonly name = 'AccountMoved';
}

type Attempt = { readonly done: Handled } | 'again';

const recentOf = ({ recent }: AccountSession, commandId: CommandId | null) =>
  commandId === null ? undefined : recent.get(commandId);

/** The first result of a command that is known already, if it asks for the same. */
const replayed = (events: readonly RecordedEvent[], identity: CommandIdentity): Handled => {
  const first = events[0];
  const last = events.at(-1);
  if (first?.commandDigest !== identity.digest) {
    const refusal: Refusal = {
      code: 'idempotency_conflict',
      details: { sequence: String(first?.sequence ?? '') },
    };
    return { kind: 'refused', refusal, sequence: null, repeated: true };
  }
  const sequence = last?.sequence ?? null;
  if (first.data.type === 'OrderRefused') {
    const refusal = { code: first.data.code as RefusalCode, details: first.data.details };
    return { kind: 'refused', refusal, sequence, repeated: true };
  }
  return { kind: 'done', events, sequence, repeated: true };
};

const answered = (decision: AccountDecision, events: readonly RecordedEvent[]): Handled => {
  const sequence = events.at(-1)?.sequence ?? null;
  return decision.kind === 'refused'
    ? { kind: 'refused', refusal: decision.refusal, sequence, repeated: false }
    : { kind: 'done', events, sequence, repeated: false };
};

const enveloped = (
  events: readonly AccountEvent[],
  command: AccountCommand,
  meta: CommandMeta,
  identity: CommandIdentity,
  ids: Ids,
): readonly NewEvent[] => {
  let correlationId = meta.correlationId;
  return events.map((data) => {
    const id = ids.next() as EventId;
    correlationId ??= id;
    return {
      id,
      effectiveAt: command.at,
      correlationId,
      causationId: meta.causationId ?? null,
      commandId: identity.commandId,
      commandDigest: identity.digest,
      actor: meta.actor,
      data,
    };
  });
};

/** Load, decide, append; once more when somebody else wrote first. */
export const createLedger = (
  ports: LedgerPorts,
  settings: Partial<SessionSettings> = {},
): Ledger => {
  const { store, snapshots, quotes, ids, digest } = ports;
  const sessions = createAccountSessions(store, snapshots, { ...defaults, ...settings });

  const knownCommand = async (
    accountId: AccountId,
    commandId: CommandId | null,
  ): Promise<readonly RecordedEvent[]> =>
    commandId === null ? [] : store.readCommand(accountStream(accountId), commandId);

  /** Whether another process has written to the account since this session's state. Nothing else would tell one that writes nothing. */
  const isBehind = async (session: AccountSession): Promise<boolean> => {
    const stream = accountStream(session.accountId);
    const [newest] = await store.readStreamBackward(stream, { limit: 1 });
    // Compared after the read: meanwhile this session's own writes may have landed, and those it knows.
    return (newest?.revision ?? 0) > session.revision;
  };

  /** What ends an attempt when the session's writes in flight have landed: it was dropped, or the command is known; null for neither. */
  const onceLanded = async (
    session: AccountSession,
    identity: CommandIdentity,
  ): Promise<Attempt | null> => {
    await session.lastWrite;
    if (session.dropped) return 'again';
    const known = await knownCommand(session.accountId, identity.commandId);
    return known.length === 0 ? null : { done: replayed(known, identity) };
  };

  /**
   * Nothing to write. It may rest on writes still in flight, so it is said only when those have landed, and
   * only if nobody else has written meanwhile.
   */
  const withoutWriting = async (
    session: AccountSession,
    decision: AccountDecision,
    identity: CommandIdentity,
  ): Promise<Attempt> => {
    const ended = await onceLanded(session, identity);
    if (ended !== null) return ended;
    if (await isBehind(session)) {
      sessions.drop(session);
      return 'again';
    }
    return { done: answered(decision, []) };
  };

  /** The account is not where the caller saw it. Throws AccountMoved, unless this session is what is behind. */
  const notAt = async (
    expected: number,
    session: AccountSession,
    identity: CommandIdentity,
  ): Promise<Attempt> => {
    const ended = await onceLanded(session, identity);
    if (ended !== null) return ended;
    if (session.revision > expected) {
      throw new AccountMoved(`account ${session.accountId} is past revision ${expected}`);
    }
    sessions.drop(session);
    return 'again';
  };

  const attempt = async (
    meta: CommandMeta,
    command: AccountCommand,
    identity: CommandIdentity,
  ): Promise<Attempt> => {
    const session = await sessions.open(meta.accountId);
    if (session.dropped) return 'again';
    const { commandId } = identity;
    const recent = recentOf(session, commandId);
    if (recent !== undefined) return { done: replayed(recent, identity) };

    const { expectedRevision = session.revision } = meta;
    if (session.revision !== expectedRevision) return notAt(expectedRevision, session, identity);
    const decision = decide(command, session.state, quotes);
    if (decision.events.length === 0) return withoutWriting(session, decision, identity);

    const events = enveloped(decision.events, command, meta, identity, ids);
    const outcome = await write(sessions, store, session, events);
    if (outcome.kind === 'conflict') return 'again';
    if (outcome.kind === 'known_command') return { done: replayed(outcome.events, identity) };
    if (commandId !== null) remember(session, commandId, outcome.events);
    return { done: answered(decision, outcome.events) };
  };

  return {
    handle: async (meta, command) => {
      const identity = identityOf(command, meta.key, digest);
      for (let round = 1; round <= attemptsMax; round += 1) {
        const result = await attempt(meta, command, identity);
        if (result !== 'again') return result.done;
      }
      throw new AccountContended(`account ${meta.accountId}: ${attemptsMax} conflicts in a row`);
    },
    inspect: async (accountId, look) => {
      for (;;) {
        const session = await sessions.open(accountId);
        await session.lastWrite;
        if (!session.dropped) return look(session.state, session.revision);
      }
    },
  };
};

const only = ([outcome]: readonly AppendOutcome[]): AppendOutcome => {
  invariant(outcome !== undefined, 'the store answers every request');
  return outcome;
};

/**
 * Runs the state ahead, writes, and drops the session if the write did not happen as foreseen. Folding
 * comes first, so an event that cannot be folded is never written.
 */
const write = async (
  sessions: AccountSessions,
  store: Pick<EventStore, 'append'>,
  session: AccountSession,
  events: readonly NewEvent[],
): Promise<AppendOutcome> => {
  const expectedRevision = session.revision;
  try {
    for (const event of events) evolve(session.state, event.data as AccountEvent);
    session.revision += events.length;
    const stream = accountStream(session.accountId);
    // The store writes together what arrives while a write is under way, and keeps a stream's order.
    const writing = store.append([{ stream, expectedRevision, events, line: session }]).then(only);
    session.lastWrite = writing.then(
      (outcome) => (outcome.kind === 'appended' ? undefined : sessions.drop(session)),
      () => sessions.drop(session),
    );
    return await writing;
  } catch (error) {
    sessions.drop(session);
    throw error;
  }
};
