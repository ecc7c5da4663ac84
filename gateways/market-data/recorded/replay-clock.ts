import type { Clock } from '#commands/ports/clock.ts';
import { toMilliseconds } from '#domain/time.ts';

/** Runs something once after real milliseconds; the answer calls it off. */
export type Timer = (milliseconds: number, run: () => void) => () => void;

/** Market time, in milliseconds since 1970. */
export type ReplayClock = {
  /** Never goes backwards, and never beyond what it runs toward. */
  readonly now: () => number;
  /** Stands at this moment, or where it stood if that is later. */
  readonly reach: (at: number) => void;
  /** Runs on from where it stands and comes to rest at `target`; the real milliseconds until then. */
  readonly runToward: (target: number, overnight: boolean) => number;
  /** Stands still where it is now. */
  readonly halt: () => void;
};

type Run = { readonly from: number; readonly realFrom: number; readonly target: number };

/** The market's own time: `speed` market seconds per real second inside a session, nothing overnight. */
export const createReplayClock = (options: {
  readonly begin: number;
  readonly speed: number;
  readonly clock: Clock;
}): ReplayClock => {
  const { speed } = options;
  const realNow = (): number => toMilliseconds(options.clock.now());
  let stood = options.begin;
  let run: Run | undefined;

  const now = (): number => {
    if (run === undefined) return stood;
    const passed = Math.floor(Math.max(0, realNow() - run.realFrom) * speed);
    // The real clock may be set back; market time may not.
    stood = Math.max(stood, Math.min(run.target, run.from + passed));
    return stood;
  };
  const halt = (): void => {
    now();
    run = undefined;
  };
  return {
    now,
    halt,
    reach: (at) => {
      halt();
      stood = Math.max(stood, at);
    },
    runToward: (target, overnight) => {
      halt();
      if (overnight) return 0;
      run = { from: stood, realFrom: realNow(), target };
      return Math.max(0, (target - stood) / speed);
    },
  };
};
