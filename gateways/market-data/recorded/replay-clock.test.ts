import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromMilliseconds } from '#domain/time.ts';
import { createReplayClock } from './replay-clock.ts';

const world = (speed: number) => {
  const real = { now: 1_000_000 };
  const clock = createReplayClock({
    begin: 0,
    speed,
    clock: { now: () => fromMilliseconds(real.now) },
  });
  return { real, clock };
};

describe('a replay clock that runs toward an update', () => {
  it('waits for it at the speed of the replay', () => {
    const { clock, real } = world(10);
    equal(clock.runToward(5_000, false), 500);
    real.now += 123;
    equal(clock.now(), 1_230);
  });

  it('does not pass it, however late the timer is', () => {
    const { clock, real } = world(10);
    clock.runToward(5_000, false);
    real.now += 60_000;
    equal(clock.now(), 5_000);
  });

  it('does not go back when the real clock is set back', () => {
    const { clock, real } = world(1);
    clock.runToward(5_000, false);
    real.now += 3_000;
    equal(clock.now(), 3_000);
    real.now -= 2_000;
    equal(clock.now(), 3_000);
  });

  it('stands still overnight and plays the next session at once', () => {
    const { clock, real } = world(1);
    clock.reach(100);
    equal(clock.runToward(9_000_000, true), 0);
    real.now += 10_000;
    equal(clock.now(), 100);
  });

  it('runs on from where it was halted', () => {
    const { clock, real } = world(2);
    clock.runToward(5_000, false);
    real.now += 1_000;
    clock.halt();
    real.now += 1_000;
    deepEqual([clock.now(), clock.runToward(5_000, false)], [2_000, 1_500]);
  });
});
