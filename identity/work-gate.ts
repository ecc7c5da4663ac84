import { IdentityRefused } from './identity.ts';

/** Lets a bounded number of costly works run at once and a bounded number wait, first come first served. */
export type WorkGate = { readonly run: <Result>(work: () => Promise<Result>) => Promise<Result> };

export type WorkGateLimits = {
  readonly atOnceMost: number;
  readonly waitingMost: number;
};

/** Throws `identity_busy` at once where as many wait already as may. */
export const createWorkGate = ({ atOnceMost, waitingMost }: WorkGateLimits): WorkGate => {
  const waiting: (() => void)[] = [];
  let running = 0;

  const enter = (): Promise<void> | undefined => {
    if (running < atOnceMost) {
      running += 1;
      return undefined;
    }
    if (waiting.length >= waitingMost) {
      throw new IdentityRefused(
        'identity_busy',
        'Too many passwords are being checked at once: try again in a few seconds.',
        2,
      );
    }
    return new Promise((resolve) => waiting.push(resolve));
  };

  /** The place goes to the next in line, so that nobody who comes just now takes it. */
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  return {
    run: async (work) => {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
};
