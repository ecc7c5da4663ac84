import type { UserId } from './ids.ts';
import type { IdentityStore, KeyUse, SecurityEvent } from './ports/identity-store.ts';
import { type Entry, type IdentityLog, securityEvent } from './security-log.ts';

/** What no request waits for: written together every few seconds and at the end. */
export type Notes = {
  readonly keyUsed: (use: KeyUse, userId: UserId) => void;
  /** For the security log; what repeats itself meanwhile becomes one line with a `count`. */
  readonly add: (entry: Entry) => void;
  readonly write: () => Promise<void>;
  /** Writes what is left and ends. */
  readonly close: () => Promise<void>;
};

export type NotesParts = {
  readonly store: Pick<IdentityStore, 'noteKeyUses' | 'record'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: IdentityLog;
  /** Milliseconds between two writes. */
  readonly writeEvery?: number;
  /** How many different notes of a kind may wait; what is more is lost, and said to be. */
  readonly waitingMost?: number;
};

type Noted<Value> = { readonly value: Value; count: number };

/** Values waiting by what makes them the same. */
const createBox = <Value>(waitingMost: number) => {
  let waiting = new Map<string, Noted<Value>>();
  let lost = 0;
  const put = (name: string, value: Value, count: number): void => {
    const before = waiting.get(name);
    if (before === undefined && waiting.size >= waitingMost) lost += count;
    else waiting.set(name, { value, count: count + (before?.count ?? 0) });
  };
  return {
    put,
    isEmpty: () => waiting.size === 0,
    take: () => {
      const taken = { notes: waiting, lost };
      waiting = new Map();
      lost = 0;
      return taken;
    },
    /** Takes back what could not be written; what came meanwhile is newer and stays. */
    putBack: (notes: ReadonlyMap<string, Noted<Value>>): void => {
      for (const [name, { value, count }] of notes) {
        put(name, waiting.get(name)?.value ?? value, count);
      }
    },
  };
};

/** Keeps notes in memory and writes them every two seconds; what cannot be written is kept for the next time. */
export const createNotes = (parts: NotesParts): Notes => {
  const { store, now, log, writeEvery = 2_000, waitingMost = 5_000 } = parts;
  const uses = createBox<KeyUse & { readonly userId: UserId }>(waitingMost);
  const events = createBox<SecurityEvent>(waitingMost);
  let writing: Promise<void> = Promise.resolve();

  const add = (entry: Entry): void => {
    const event = securityEvent(entry, new Date(now()));
    const { kind, userId, actorId, keyId, address, facts } = event;
    events.put(JSON.stringify([kind, userId, actorId, keyId, address, facts]), event, 1);
  };

  const writeUses = async (): Promise<void> => {
    if (uses.isEmpty()) return;
    const { notes, lost } = uses.take();
    if (lost > 0) log.warn({ lost }, 'uses of keys were not noted: there were too many at once');
    const owners = new Map([...notes.values()].map(({ value }) => [value.keyId, value.userId]));
    try {
      const fresh = await store.noteKeyUses([...notes.values()].map(({ value }) => value));
      for (const { keyId, address } of fresh) {
        const userId = owners.get(keyId) ?? null;
        add({ kind: 'key_used_from_new_address', keyId, userId, address });
      }
    } catch (error) {
      log.error({ err: error }, 'uses of keys cannot be noted');
      uses.putBack(notes);
    }
  };

  const writeEvents = async (): Promise<void> => {
    if (events.isEmpty()) return;
    const { notes, lost } = events.take();
    if (lost > 0)
      log.error({ lost }, 'the security log misses events: there were too many at once');
    const counted = [...notes.values()].map(({ value, count }) =>
      count === 1 ? value : { ...value, facts: { ...value.facts, count: String(count) } },
    );
    try {
      await store.record(counted);
    } catch (error) {
      log.error({ err: error }, 'the security log cannot be written');
      events.putBack(notes);
    }
  };

  /** One after the other: two at once would both find an address new. */
  const write = (): Promise<void> => {
    writing = writing.then(writeUses).then(writeEvents);
    return writing;
  };
  const timer = setInterval(write, writeEvery).unref();

  return {
    keyUsed: (use, userId) => {
      uses.put(`${use.keyId} ${use.address}`, { ...use, userId }, 1);
    },
    add,
    write,
    close: () => {
      clearInterval(timer);
      return write();
    },
  };
};
