/** Wakes those who wait for something new. */
export type Bell = {
  /** How often it rang; taken before looking, given to `next`, so that no ring between is missed. */
  readonly rings: () => number;
  readonly ring: () => void;
  /** Resolves when it has rung since `seen`. */
  readonly next: (seen: number) => Promise<void>;
};

/** A bell for one process. */
export const createBell = (): Bell => {
  let rings = 0;
  let waiting: (() => void)[] = [];
  return {
    rings: () => rings,
    ring: () => {
      rings += 1;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    next: (seen) =>
      new Promise((resolve) => {
        if (rings === seen) waiting.push(resolve);
        else resolve();
      }),
  };
};
