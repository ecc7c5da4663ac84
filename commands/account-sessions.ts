import type { AccountEvent } from '#domain/account/events.ts';
import { evolve } from '#domain/account/evolve.ts';
import { type AccountState, unopened } from '#domain/account/state.ts';
import { type AccountId, accountStream, type CommandId, type StreamName } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { EventStore } from './ports/event-store.ts';
import type { SnapshotStore } from './ports/snapshot-store.ts';
import { decodeState, encodeState, stateVersion } from './state-codec.ts';

/**
 * One account in memory. The state runs ahead of the store by what is in flight, so that commands on
 * one account need not wait for each other's write; if a write falls, the whole session is dropped.
 */
export type AccountSession = {
  readonly accountId: AccountId;
  readonly state: AccountState;
  revision: number;
  /** A write that this state is built on did not happen: decide again on a fresh session. */
  dropped: boolean;
  /** Settles when the newest write has landed or fallen, and with it all before it. Never rejects. */
  lastWrite: Promise<void>;
  /** The newest commands' events by command id, so that a prompt retry costs no read. */
  readonly recent: Map<CommandId, readonly RecordedEvent[]>;
};

const recentMax = 256;

export const remember = (
  session: AccountSession,
  commandId: CommandId,
  events: readonly RecordedEvent[],
): void => {
  session.recent.set(commandId, events);
  if (session.recent.size <= recentMax) return;
  const oldest = session.recent.keys().next();
  if (!oldest.done) session.recent.delete(oldest.value);
};

export type AccountSessions = {
  readonly open: (accountId: AccountId) => Promise<AccountSession>;
  readonly drop: (session: AccountSession) => void;
};

export type SessionSettings = {
  /** How many accounts stay in memory. */
  readonly cachedMax: number;
  /** How many events they may have had in all: an account's memory grows with its orders, about 0.6 kB an event. */
  readonly cachedEventsMax: number;
  /** A load that had to fold more events than this leaves a snapshot behind. */
  readonly snapshotAfter: number;
};

const evictEvery = 4_096;

type Cached = {
  readonly loading: Promise<AccountSession>;
  session: AccountSession | undefined;
};

const newSession = (
  accountId: AccountId,
  state: AccountState,
  revision: number,
): AccountSession => ({
  accountId,
  state,
  revision,
  dropped: false,
  lastWrite: Promise.resolve(),
  recent: new Map(),
});

/** Loads accounts from snapshot and events, and keeps the ones used last. */
export const createAccountSessions = (
  store: Pick<EventStore, 'readStream' | 'readStreamBackward'>,
  snapshots: SnapshotStore,
  { cachedMax, cachedEventsMax, snapshotAfter }: SessionSettings,
): AccountSessions => {
  /** In order of use. `session` is there as soon as it has been loaded. */
  const cached = new Map<AccountId, Cached>();

  /** A snapshot is a cache: one that cannot be read, or is ahead of its stream, is as good as none. */
  const startOf = async (
    stream: StreamName,
  ): Promise<{ state: AccountState; revision: number }> => {
    try {
      const snapshot = await snapshots.load(stream);
      if (snapshot?.version === stateVersion) {
        const [newest] = await store.readStreamBackward(stream, { limit: 1 });
        const { revision, state } = snapshot;
        if (revision <= (newest?.revision ?? 0)) return { state: decodeState(state), revision };
      }
    } catch {
      // Folding from the first event needs no snapshot; if it is the store that fails, reading the stream says so.
    }
    return { state: unopened(), revision: 0 };
  };

  const load = async (accountId: AccountId): Promise<AccountSession> => {
    const stream = accountStream(accountId);
    const { state, revision: from } = await startOf(stream);
    let revision = from;
    for await (const page of store.readStream(stream, { after: from })) {
      for (const event of page) {
        evolve(state, event.data as AccountEvent); // An account's stream holds nothing else.
        revision = event.revision;
      }
    }
    if (revision - from > snapshotAfter) {
      const snapshot = { stream, revision, version: stateVersion, state: encodeState(state) };
      await snapshots.save(snapshot).catch(() => undefined); // The next load will try again.
    }
    return newSession(accountId, state, revision);
  };

  /** A session with writes in flight lives on in the commands that hold it; one loaded beside it meets a conflict at worst. */
  const evict = (): void => {
    let events = 0;
    for (const { session } of cached.values()) events += session?.revision ?? 0;
    for (const [accountId, { session }] of cached) {
      const fits = cached.size <= cachedMax && events <= cachedEventsMax;
      if (fits || cached.size === 1) return;
      cached.delete(accountId);
      events -= session?.revision ?? 0;
    }
  };

  let opened = 0;
  return {
    open: (accountId) => {
      opened += 1;
      if (opened % evictEvery === 0) evict(); // Accounts grow also without a load.
      const known = cached.get(accountId);
      if (known !== undefined) {
        cached.delete(accountId); // Re-inserting keeps the map in order of use.
        cached.set(accountId, known);
        return known.loading;
      }
      const entry: Cached = { loading: load(accountId), session: undefined };
      cached.set(accountId, entry);
      entry.loading.then(
        (session) => {
          entry.session = session;
          evict();
        },
        () => cached.delete(accountId),
      );
      return entry.loading;
    },
    drop: (session) => {
      session.dropped = true;
      if (cached.get(session.accountId)?.session === session) cached.delete(session.accountId);
    },
  };
};
