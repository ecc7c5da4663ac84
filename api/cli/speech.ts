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
  return {
    out: (line) => void (isDeaf || stdout.write(`${line}\n`)),
    tell: (line) => void stderr.write(`${line}\n`),
    isWatched: stderr.isTTY === true,
  };
};
