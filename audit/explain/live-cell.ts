import { invariant } from '#domain/invariant.ts';
import type { LiveKey, LiveRows, LiveView } from '../ports/live-rows.ts';
import { decimalsOf, type Explanation, formatIn, Unexplained, type Unit } from './explanation.ts';

const decimal = /^(-?)(\d+)(?:\.(\d+))?$/;

/** Whether a decimal is a value, however many zeros follow it. */
const says = (text: string, unit: Unit, value: bigint): boolean => {
  const match = decimal.exec(text);
  invariant(match !== null, `a decimal in a read table: ${text}`);
  const [, sign, whole, fraction = ''] = match;
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  return digits * 10n ** BigInt(decimalsOf[unit]) === value * 10n ** BigInt(fraction.length);
};

/** A number that a public view shows now; null where it shows none. */
export const liveCell = async (
  rows: LiveRows,
  view: LiveView,
  column: string,
  key: LiveKey,
): Promise<string | null> => {
  const row = await rows.row(view, key);
  const cell = row?.[column];
  if (cell == null) return null;
  invariant(typeof cell === 'string', `${view}.${column} is the database's text`);
  return cell;
};

/** Throws Unexplained where the live read tables do not show what was explained. */
export const mustShow = (explanation: Explanation, cell: string | null): void => {
  const { figure, unit, value } = explanation;
  if (cell !== null && says(cell, unit, value)) return;
  const shown = cell === null ? 'have none' : `say ${cell}`;
  throw new Unexplained(
    `The lines of ${figure} come to ${formatIn(unit, value)}, the live read tables ${shown}.`,
  );
};
