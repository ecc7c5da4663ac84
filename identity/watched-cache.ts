import { setBounded } from './bounded-map.ts';

/** What was loaded, and when the load began: it is as of then or later. */
export type Loaded<Value> = { readonly value: Value | undefined; readonly since: number };

export type Forgetful = {
  /** Forgets a value, and lets no load that is under way be kept. */
  readonly forget: (id: string) => void;
  readonly forgetAll: () => void;
};

/** Values by id, each loaded once however many ask at once, and never kept past a change that was learned of. */
export type WatchedCache<Id extends string, Value> = Forgetful & {
  /** What is in memory; undefined where nothing is. */
  readonly peek: (id: Id) => Loaded<Value> | undefined;
  readonly load: (id: Id) => Promise<Loaded<Value>>;
};

/** `keepMost` bounds how many are kept; the oldest goes. `now` in milliseconds of any clock that never goes back. */
export const createWatchedCache = <Id extends string, Value>(parts: {
  readonly read: (id: Id) => Promise<Value | undefined>;
  readonly now: () => number;
  readonly keepMost: number;
}): WatchedCache<Id, Value> => {
  const { read, now, keepMost } = parts;
  const kept = new Map<string, Loaded<Value>>();
  const loading = new Map<string, Promise<Loaded<Value>>>();

  const keep = (id: Id, loaded: Loaded<Value>): void => {
    // An id that nobody has is not kept: whoever makes ids up would push out those that are real.
    if (loaded.value === undefined) return;
    setBounded(kept, id, loaded, keepMost);
  };

  const begin = (id: Id): Promise<Loaded<Value>> => {
    const since = now();
    const load: Promise<Loaded<Value>> = read(id).then(
      (value) => {
        const loaded = { value, since };
        // Not in `loading` any more: a change came after the read began, and the read may have missed it.
        if (loading.get(id) === load) {
          loading.delete(id);
          keep(id, loaded);
        }
        return loaded;
      },
      (error: unknown) => {
        if (loading.get(id) === load) loading.delete(id);
        throw error;
      },
    );
    loading.set(id, load);
    return load;
  };

  return {
    peek: (id) => kept.get(id),
    load: (id) => loading.get(id) ?? begin(id),
    forget: (id) => {
      kept.delete(id);
      loading.delete(id);
    },
    forgetAll: () => {
      kept.clear();
      loading.clear();
    },
  };
};
