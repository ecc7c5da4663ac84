import { setTimeout as pause } from 'node:timers/promises';
import type { KeyId, SessionId, UserId } from './ids.ts';
import type { Access, IdentityStore, StoredKey } from './ports/identity-store.ts';
import { createWatchedCache, type Forgetful, type Loaded } from './watched-cache.ts';

type Maybe<Value> = Value | undefined | Promise<Value | undefined>;

/** What users and keys may do now, from memory where that is fresh enough. */
export type AccessCache = {
  readonly accessOf: (id: UserId) => Maybe<Access>;
  /** The user's access where the session stands. `openedBy`: when it was open for certain, in milliseconds since 1970. */
  readonly accessInSession: (id: UserId, session: SessionId, openedBy: number) => Maybe<Access>;
  readonly keyOf: (id: KeyId) => Maybe<StoredKey>;
  /** To be called after each change that this process made. */
  readonly forget: (subject: UserId | KeyId) => void;
  /** Asks for changes now; a timer does it all the time. */
  readonly poll: () => Promise<void>;
  /** Ends the watch. */
  readonly close: () => Promise<void>;
};

export type AccessCacheParts = {
  readonly store: Pick<IdentityStore, 'accessOf' | 'keyById' | 'changesAfter'>;
  readonly log: { readonly warn: (facts: object, message: string) => void };
  /** Milliseconds of a clock that never goes back. */
  readonly monotonic?: () => number;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Milliseconds between two polls; `null` for none but those that are asked for. */
  readonly pollEvery?: number | null;
  readonly usersMost?: number;
};

/** Past this age of the last good poll, in milliseconds, memory answers nothing: others may have changed anything. */
const trustMost = 900;
/** A poll that hangs must not keep the next one from going through. */
const pollsAtOnceMost = 3;
/** How often a user is read again for a session that memory does not know, in milliseconds. */
const rereadEvery = 250;
/** How far the clocks of two processes may be apart, in milliseconds. */
const skewMost = 5_000;

/**
 * Follows the log of changes. The first poll only learns its place: what was loaded before is thrown away, for a change
 * in between would never be told. So is everything where the store says `*`, or the place goes back.
 */
const watchChanges = (
  { store, log }: AccessCacheParts,
  now: () => number,
  caches: readonly Forgetful[],
) => {
  let place: number | undefined;
  let lastGood = Number.NEGATIVE_INFINITY;
  let failing = false;
  const underWay = new Set<Promise<void>>();

  const apply = (asked: number | undefined, reached: number, subjects: readonly string[]): void => {
    const wentBack = asked === undefined || reached < asked;
    for (const cache of caches) {
      if (wentBack || subjects.includes('*')) cache.forgetAll();
      else for (const subject of subjects) cache.forget(subject);
    }
    // Of two polls under way the slower one must not take the place back.
    place = wentBack ? reached : Math.max(place ?? reached, reached);
  };

  const ask = async (): Promise<void> => {
    const [asked, began] = [place, now()];
    try {
      // No change has this number: the answer names the place, and everything.
      const changes = await store.changesAfter(asked ?? Number.MAX_SAFE_INTEGER);
      apply(asked, changes.place, changes.subjects);
      lastGood = Math.max(lastGood, began);
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'access is read afresh: changes cannot be watched');
      failing = true;
    }
  };

  return {
    isTrusted: () => place !== undefined && now() - lastGood <= trustMost,
    poll: async (): Promise<void> => {
      if (underWay.size >= pollsAtOnceMost) return;
      const asking = ask();
      underWay.add(asking);
      await asking;
      underWay.delete(asking);
    },
    settled: () => Promise.all(underWay),
  };
};

/**
 * Keeps in memory what users and keys may do, and learns every 250 ms, as every process does, whose access has changed.
 * Where it has not learned anything for 900 ms it trusts its memory no more and reads the store each time.
 */
export const createAccessCache = (parts: AccessCacheParts): AccessCache => {
  const { store, wallClock, pollEvery = rereadEvery, usersMost = 10_000 } = parts;
  const now = parts.monotonic ?? (() => performance.now());
  const access = createWatchedCache<UserId, Access>({
    read: store.accessOf,
    now,
    keepMost: usersMost,
  });
  const keys = createWatchedCache<KeyId, StoredKey>({
    read: store.keyById,
    now,
    keepMost: usersMost,
  });
  const watch = watchChanges(parts, now, [access, keys]);
  const timer = pollEvery === null ? undefined : setInterval(watch.poll, pollEvery).unref();
  if (pollEvery !== null) void watch.poll();

  const valueOf = async <Value>(loading: Promise<Loaded<Value>>) => (await loading).value;

  const loadedAccess = (id: UserId): Loaded<Access> | Promise<Loaded<Access>> => {
    if (watch.isTrusted()) return access.peek(id) ?? access.load(id);
    const since = now();
    return store.accessOf(id).then((value) => ({ value, since }));
  };

  /** Reads again while a reading may be older than the session: another process may just have opened it. */
  const search = async (
    wanted: { id: UserId; session: SessionId; openedBy: number; asked: number },
    first: Loaded<Access> | Promise<Loaded<Access>>,
  ): Promise<Access | undefined> => {
    const { id, session, openedBy, asked } = wanted;
    let loaded = await first;
    while (loaded.value?.sessions.has(session) !== true) {
      const readAt = wallClock() - (now() - loaded.since);
      // The session was open when it was read, and was not found: it has ended.
      if (loaded.since >= asked || readAt > openedBy + skewMost) return undefined;
      const age = now() - loaded.since;
      if (age < rereadEvery) await pause(rereadEvery - age);
      if (access.peek(id) === loaded) access.forget(id);
      loaded = await loadedAccess(id);
    }
    return loaded.value;
  };

  return {
    accessOf: (id) => {
      const loaded = loadedAccess(id);
      return loaded instanceof Promise ? valueOf(loaded) : loaded.value;
    },
    accessInSession: (id, session, openedBy) => {
      const asked = now();
      const loaded = loadedAccess(id);
      return !(loaded instanceof Promise) && loaded.value?.sessions.has(session) === true
        ? loaded.value
        : search({ id, session, openedBy, asked }, loaded);
    },
    keyOf: (id) => {
      if (!watch.isTrusted()) return store.keyById(id);
      const known = keys.peek(id);
      return known === undefined ? valueOf(keys.load(id)) : known.value;
    },
    forget: (subject) => {
      access.forget(subject);
      keys.forget(subject);
    },
    poll: watch.poll,
    close: async () => {
      clearInterval(timer);
      await watch.settled();
    },
  };
};
