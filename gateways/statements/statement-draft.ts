import type {
  BrokerStatement,
  StatementLine,
  StatementNote,
  StatementProblem,
} from '#commands/ports/broker-statement.ts';
import type { Cash } from '#domain/money.ts';
import type { ProblemCode } from './problem-codes.ts';
import { RowTrouble } from './row-trouble.ts';

/**
 * Which of two lines of one instant comes first: `rank` where only days are known (money in, trades, money out), then
 * the order of the rows.
 */
export type LineOrder = {
  readonly rank?: (line: StatementLine) => number;
  readonly newestFirst: boolean;
};

/** A statement while it is read. Each row ends as lines, as a problem, or as a note. */
export type StatementDraft = {
  readonly line: (line: StatementLine) => void;
  readonly problem: (row: number, code: ProblemCode, message: string) => void;
  readonly note: (row: number, message: string) => void;
  /** Reads one row; what it throws as RowTrouble becomes the row's problem, and its lines are forgotten. */
  readonly reading: (row: number, read: () => readonly StatementLine[]) => void;
  readonly finish: (source: string, order: LineOrder, cash?: Cash | null) => BrokerStatement;
};

/** What no event can hold: text that is no Unicode or has U+0000, a time after which no trade could settle. */
const mustBeStorable = (line: StatementLine): void => {
  const { description, at } = line;
  const texts = 'reason' in line ? [description, line.reason] : [description];
  if (texts.some((text) => !text.isWellFormed() || text.includes('\0'))) {
    throw new RowTrouble('bad_field', 'a text that is no Unicode, or holds U+0000');
  }
  if (at >= '9998') throw new RowTrouble('bad_date', `${at} is later than the ledger can tell`);
};

/** As much of a description as the ledger's own API takes. */
const descriptionMost = 500;
const shortened = (line: StatementLine): StatementLine =>
  line.description.length <= descriptionMost
    ? line
    : { ...line, description: line.description.slice(0, descriptionMost).toWellFormed() };

export const createStatementDraft = (): StatementDraft => {
  const lines: StatementLine[] = [];
  const problems: StatementProblem[] = [];
  const notes: StatementNote[] = [];
  const problem: StatementDraft['problem'] = (row, code, message) =>
    void problems.push({ row, code, message });
  return {
    line: (line) => void lines.push(line),
    problem,
    note: (row, message) => void notes.push({ row, message }),
    reading: (row, read) => {
      try {
        const found = read();
        for (const line of found) mustBeStorable(line);
        lines.push(...found.map(shortened));
      } catch (error) {
        if (!(error instanceof RowTrouble)) throw error;
        problem(row, error.code, error.message);
      }
    },
    finish: (source, { rank, newestFirst }, cash = null) => {
      const places = new Map(lines.map((line, place) => [line, place]));
      const placeOf = (line: StatementLine) => (places.get(line) ?? 0) * (newestFirst ? -1 : 1);
      const rankOf = rank ?? (() => 0);
      lines.sort(
        (left, right) =>
          (left.at < right.at ? -1 : left.at > right.at ? 1 : 0) ||
          rankOf(left) - rankOf(right) ||
          placeOf(left) - placeOf(right),
      );
      return {
        source,
        lines,
        positions: null,
        cash,
        from: lines[0]?.at ?? null,
        to: lines.at(-1)?.at ?? null,
        problems: problems.toSorted((left, right) => left.row - right.row),
        notes: notes.toSorted((left, right) => left.row - right.row),
      };
    },
  };
};

/** For layouts that know only days: money that comes in, then trades, then money that goes out, then what holds from the close on. */
export const rankByDay = (line: StatementLine): number => {
  switch (line.kind) {
    case 'cash':
    case 'dividend':
      return line.amount > 0n ? 0 : 2;
    case 'trade':
    case 'bust':
    case 'correction':
      return 1;
    case 'split':
    case 'split_shares':
      return 3;
  }
};
