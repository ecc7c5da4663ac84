import type { AccountId } from '#domain/ids.ts';

/** Requests under way at a broker: one account's in order, accounts side by side. */
export type Lanes = {
  /** Begins at once where the account has nothing under way. */
  readonly run: (accountId: AccountId, sequence: number, work: () => Promise<void>) => void;
  /** Resolves when fewer than the most are under way. */
  readonly room: () => Promise<void>;
  /** The lowest sequence under way; undefined when there is none. */
  readonly oldest: () => number | undefined;
  readonly drained: () => Promise<void>;
};

/** After the first failure, which `onFailure` is told, nothing more begins. */
export const createLanes = (most: number, onFailure: (error: unknown) => void): Lanes => {
  const lanes = new Map<AccountId, Promise<void>>();
  // Sequences come in order, and a Set keeps it.
  const underWay = new Set<number>();
  let failed = false;

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    if (failed) return;
    try {
      await work();
    } catch (error) {
      failed = true;
      onFailure(error);
    }
  };

  return {
    run: (accountId, sequence, work) => {
      underWay.add(sequence);
      const before = lanes.get(accountId);
      const begun = before === undefined ? attempt(work) : before.then(() => attempt(work));
      const done = begun.then(() => {
        underWay.delete(sequence);
        if (lanes.get(accountId) === done) lanes.delete(accountId);
      });
      lanes.set(accountId, done);
    },
    room: async () => {
      while (underWay.size >= most) await Promise.race(lanes.values());
    },
    oldest: () => underWay.values().next().value,
    drained: async () => {
      await Promise.all(lanes.values());
    },
  };
};
