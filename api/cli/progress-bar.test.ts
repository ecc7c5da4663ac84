import { deepEqual, equal, rejects } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { progressLine, withProgress } from './progress-bar.ts';

const speech = (isWatched: boolean) => {
  const drawn: (string | null)[] = [];
  const draw = (line: string | null): void => void drawn.push(line);
  return { drawn, speech: { out: () => {}, tell: () => {}, draw, isWatched } };
};
const never = new AbortController().signal;

describe('a progress bar', () => {
  it('says how far, how fast and how long', () => {
    const half = `verify  ${'█'.repeat(12)}${'░'.repeat(12)}  50 %  500 of 1,000  250/s  2 s left`;
    equal(progressLine('verify', 500, 1_000, 2), half);
    equal(
      progressLine('verify', 1_000, 1_000, 2),
      `verify  ${'█'.repeat(24)} 100 %  1,000 of 1,000  500/s`,
    );
    equal(progressLine('verify', 1, 100_000, 1).split('  ').at(-1), '27 h 46 min left');
  });

  it('counts where the end is not known', () => {
    equal(progressLine('read', 1_200, null, 2), 'read  1,200  600/s');
    equal(progressLine('read', 0, 0, 0), 'read  0  0/s');
  });

  it('is drawn for whoever watches, and taken away at the end', async () => {
    const { drawn, speech: watched } = speech(true);
    const answer = await withProgress(watched, never, 'work', async (progress) => {
      await new Promise((resolve) => setTimeout(resolve, 120));
      progress(1, 2);
      progress(2, 2); // Too soon after the one before.
      return 42;
    });
    equal(answer, 42);
    equal(drawn.length, 2);
    equal(drawn.at(-1), null);
  });

  it('is not drawn where nobody watches', async () => {
    const { drawn, speech: alone } = speech(false);
    await withProgress(alone, never, 'work', async (progress) => progress(1, 2));
    deepEqual(drawn, [null]);
  });

  it('ends the work once the command is to end', async () => {
    const { speech: watched } = speech(true);
    const work = withProgress(watched, AbortSignal.abort(), 'work', async (progress) =>
      progress(1, 2),
    );
    await rejects(work, { name: 'AbortError' });
  });
});
