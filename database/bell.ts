/** Wakes those who wait for something new. */
export type Bell = {
  /** How often it rang; taken before looking, given to `next`, so that no ring between is missed. */
  readonly rings: () => number;
  readonly ring: () => void;
  /** Resolves when it has rung since `seen`, or when `signal` aborts. */
  readonly next: (seen: number, signal: AbortSignal) => Promise<void>;
  /** Whether anybody waits. */
  readonly awaited: () => boolean;
};

/** A bell for one process. */
export const createBell = (): Bell => {
  let rings = 0;
  const waiting = new Set<() => void>();
  return {
    rings: () => rings,
    ring: () => {
      rings += 1;
      for (const wake of [...waiting]) wake();
    },
    next: (seen, signal) =>
      new Promise((resolve) => {
        if (rings !== seen || signal.aborted) return resolve();
        const wake = (): void => {
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener('abort', wake);
      }),
    awaited: () => waiting.size > 0,
  };
};
