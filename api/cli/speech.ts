import type { Speech } from './command.ts';

/**
 * Speaks on the process's own streams. Where nobody reads on (`| head`), the rest is not written and `onDeaf` is
 * called: there is no more to do.
 */
export const processSpeech = (onDeaf: () => void): Speech => {
  const { stdout, stderr } = process;
  let isDeaf = false;
  const deaf = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    isDeaf = true;
    onDeaf();
  };
  stdout.on('error', deaf);
  stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const isWatched = stderr.isTTY === true;
  let drawn = false;
  const draw = (line: string | null): void => {
    if (!isWatched || (line === null && !drawn)) return;
    // A line wider than the terminal would wrap, and only its end be replaced.
    stderr.write(`\r\u001b[K${line?.slice(0, stderr.columns - 1) ?? ''}`);
    drawn = line !== null;
  };
  return {
    out: (line) => {
      draw(null);
      if (!isDeaf) stdout.write(`${line}\n`);
    },
    tell: (line) => {
      draw(null);
      stderr.write(`${line}\n`);
    },
    draw,
    isWatched,
  };
};
