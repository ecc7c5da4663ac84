import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Line, Totaled } from './explanation.ts';

/** A line that comes from an event. */
export const lineOf = (
  { sequence, effectiveAt }: Pick<RecordedEvent, 'sequence' | 'effectiveAt'>,
  what: string,
  amount: bigint,
): Line => ({ sequence, at: effectiveAt, what, amount });

/** A line of arithmetic, from no event of its own. */
export const derivedLine = (what: string, amount: bigint): Line => ({
  sequence: null,
  at: null,
  what,
  amount,
});

export const sumOf = (lines: readonly Pick<Line, 'amount'>[]): bigint => {
  let total = 0n;
  for (const { amount } of lines) total += amount;
  return total;
};

/** The last `most` lines after one that sums up the earlier ones, so that the sum still holds. */
export const shortened = (lines: readonly Line[], most: number): readonly Line[] => {
  const places = lines[0]?.count === undefined ? most : most + 1;
  if (lines.length <= places) return lines;
  const early = lines.slice(0, lines.length - most);
  let count = 0;
  for (const line of early) count += line.count ?? 1;
  return [
    { ...derivedLine(`earlier: ${count} lines`, sumOf(early)), count },
    ...lines.slice(lines.length - most),
  ];
};

/** Collects lines and holds no more than twice as many as are shown. */
export const createLines = (most: number) => {
  let held: readonly Line[] = [];
  let fresh: Line[] = [];
  const settle = (): void => {
    held = shortened([...held, ...fresh], most);
    fresh = [];
  };
  return {
    add: (...lines: readonly Line[]): void => {
      fresh.push(...lines);
      if (fresh.length > most) settle();
    },
    /** What was collected so far. */
    lines: (): readonly Line[] => {
      settle();
      return held;
    },
  };
};

/** Lines with what they come to so far. */
export const totaled = (lines: readonly Line[]): readonly Totaled[] => {
  let total = 0n;
  return lines.map((line) => {
    total += line.amount;
    return { ...line, total };
  });
};
