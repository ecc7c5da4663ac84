import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IdentityRefused } from './identity.ts';
import { createWorkGate } from './work-gate.ts';

const isBusy = (error: unknown): boolean =>
  error instanceof IdentityRefused && error.code === 'identity_busy';

/** Works that end when they are told to, and how many ran at once at most. */
const works = () => {
  const ends: (() => void)[] = [];
  const order: number[] = [];
  let running = 0;
  const seen = { most: 0, order, ends };
  const work = (name: number) => async (): Promise<number> => {
    running += 1;
    seen.most = Math.max(seen.most, running);
    order.push(name);
    await new Promise<void>((resolve) => ends.push(resolve));
    running -= 1;
    return name;
  };
  return { work, seen };
};

describe('a gate for two at once and three waiting', () => {
  it('never runs more at once, in the order in which they came', async () => {
    const gate = createWorkGate({ atOnceMost: 2, waitingMost: 3 });
    const { work, seen } = works();
    const running = [0, 1, 2, 3, 4].map((name) => gate.run(work(name)));
    for (let ended = 0; ended < 5; ended += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.ends[ended]?.();
    }
    assert.deepEqual(await Promise.all(running), [0, 1, 2, 3, 4]);
    assert.deepEqual(seen.order, [0, 1, 2, 3, 4]);
    assert.equal(seen.most, 2);
  });

  it('refuses the sixth at once, and takes another when one is done', async () => {
    const gate = createWorkGate({ atOnceMost: 2, waitingMost: 3 });
    const { work, seen } = works();
    const running = [0, 1, 2, 3, 4].map((name) => gate.run(work(name)));
    await assert.rejects(gate.run(work(5)), isBusy);
    seen.ends[0]?.();
    await running[0];
    const late = gate.run(work(6));
    for (let ended = 1; ended < 6; ended += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.ends[ended]?.();
    }
    assert.equal(await late, 6);
    await Promise.all(running);
  });

  it('gives the place back where a work fails', async () => {
    const gate = createWorkGate({ atOnceMost: 1, waitingMost: 0 });
    await assert.rejects(
      gate.run(() => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await gate.run(async () => 'yes'), 'yes');
  });
});
