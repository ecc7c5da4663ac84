import { snakeCase } from '#projections/ports/columns.ts';
import type { Tables } from '#projections/tables.ts';
import type {
  Cells,
  Definition,
  Explanation,
  Formula,
  Line,
  Run,
  Subject,
  Told,
  Unit,
} from './explanation.ts';
import { evaluate, sumOfLines } from './formula.ts';
import { shortened, totaled } from './lines.ts';

/** What was told, worked out. */
export const explanationOf = (
  { name, unit }: Pick<Definition, 'name' | 'unit'>,
  { formula, lines, parts }: Told,
  most: number,
): Explanation => {
  const shown = shortened(lines, most);
  const value = evaluate(formula, parts, shown);
  return { figure: name, unit, value, formula, lines: totaled(shown), parts };
};

type Facts = Pick<Definition, 'name' | 'summary' | 'unit'>;

/** Facts of a figure: its name, its unit and what it is. */
export const figure = (name: string, unit: Unit, summary: string): Facts => ({
  name,
  unit,
  summary,
});

export const told = (lines: readonly Line[], note?: string): Told => ({
  formula: note === undefined ? sumOfLines : { kind: 'sum', signs: [], note },
  lines,
  parts: [],
});

/** A figure whose lines are read off the tables once all events are in. */
export const fromTables = (
  facts: Facts,
  linesOf: (tables: Tables, subject: Subject) => readonly Line[],
  note?: string,
): Definition => ({
  ...facts,
  begin: (subject) => ({ tell: (tables) => told(linesOf(tables, subject), note) }),
});

/** Runs of several definitions as one. */
export const together = (
  operands: readonly Definition[],
  subject: Subject,
  most: number,
  tell: (parts: readonly Explanation[], tables: Tables) => Told,
): Run => {
  const runs = operands.map((operand) => ({ operand, run: operand.begin(subject, most) }));
  return {
    see: (event, tables) => {
      for (const { run } of runs) run.see?.(event, tables);
    },
    tell: (tables) =>
      tell(
        runs.map(({ operand, run }) => explanationOf(operand, run.tell(tables), most)),
        tables,
      ),
  };
};

/** A figure that a formula makes of others. */
export const derived = (
  facts: Facts,
  formula: Formula,
  ...operands: readonly Definition[]
): Definition => ({
  ...facts,
  begin: (subject, most) =>
    together(operands, subject, most, (parts) => ({ formula, lines: [], parts })),
});

/** The sum of some figures less others. */
export const total = (
  facts: Facts,
  plus: readonly Definition[],
  minus: readonly Definition[] = [],
): Definition => {
  const signs = [...plus.map(() => 1 as const), ...minus.map(() => -1 as const)];
  return derived(facts, { kind: 'sum', signs }, ...plus, ...minus);
};

/** A quotient's figure, nine decimals. */
export const perUnit = (facts: Facts, cash: Definition, quantity: Definition): Definition =>
  derived(facts, { kind: 'quotient' }, cash, quantity);

export const percentOf = (facts: Facts, part: Definition, whole: Definition): Definition =>
  derived(facts, { kind: 'percent' }, part, whole);

/** The numbers of a record under the names that the database has for them. */
export const cellsOf = (record: object): Cells => {
  const cells: Record<string, bigint | null> = {};
  for (const [field, value] of Object.entries(record)) {
    if (typeof value === 'bigint' || value === null) cells[snakeCase(field)] = value;
    if (typeof value === 'number') cells[snakeCase(field)] = BigInt(value);
  }
  return cells;
};
