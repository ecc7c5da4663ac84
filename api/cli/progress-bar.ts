import type { Speech } from './command.ts';

const drawEveryMs = 100;
const barWidth = 24;

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

const inTime = (seconds: number): string => {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
};

/** How far a work is: `at` of `total` things done, `seconds` since it began. Without a total it only counts. */
export const progressLine = (
  what: string,
  at: number,
  total: number | null,
  seconds: number,
): string => {
  const rate = seconds > 0 ? at / seconds : 0;
  const speed = `${count(rate)}/s`;
  if (total === null || total === 0) return `${what}  ${count(at)}  ${speed}`;
  const done = Math.min(1, at / total);
  const filled = Math.floor(done * barWidth);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  const percent = `${Math.floor(100 * done)}`.padStart(3);
  const left = rate > 0 && at < total ? `  ${inTime((total - at) / rate)} left` : '';
  return `${what}  ${bar} ${percent} %  ${count(at)} of ${count(total)}  ${speed}${left}`;
};

/** Told how far a work is; `total` null where that is not known. Throws once the command is to end. */
export type Progress = (at: number, total: number | null) => void;

/** Draws a bar for whoever watches while `work` goes on, and takes it away with the end. */
export const withProgress = async <T>(
  { isWatched, draw }: Speech,
  signal: AbortSignal,
  what: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> => {
  const begun = performance.now();
  let drawn = begun;
  try {
    return await work((at, total) => {
      signal.throwIfAborted();
      const now = performance.now();
      if (!isWatched || now - drawn < drawEveryMs) return;
      drawn = now;
      draw(progressLine(what, at, total, (now - begun) / 1_000));
    });
  } finally {
    draw(null);
  }
};
