import type { Clock } from '#commands/ports/clock.ts';
import { fromMilliseconds } from '#domain/time.ts';

/** The machine's clock, to the millisecond. */
export const systemClock: Clock = { now: () => fromMilliseconds(Date.now()) };
