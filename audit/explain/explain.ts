import { invariant } from '#domain/invariant.ts';
import { type Cash, perShare } from '#domain/money.ts';
import type { Table } from '#projections/table.ts';
import { createTables, type Tables } from '#projections/tables.ts';
import { accountAsOf } from '../as-of/account-history.ts';
import type { View } from '../as-of/view.ts';
import type { LedgerSnapshot } from '../ports/ledger-snapshot.ts';
import {
  type Explanation,
  type Figure,
  formatIn,
  type Line,
  type Subject,
  type Told,
  type Totaled,
  Unexplained,
  type Unit,
} from './explanation.ts';

const totaled = (lines: readonly Line[]): readonly Totaled[] => {
  let total = 0n;
  return lines.map((line) => {
    total += line.amount;
    return { ...line, total };
  });
};

const explanationOf = (figure: Figure, { lines, unit, quotient }: Told): Explanation => {
  const counted = totaled(lines);
  const sum = counted.at(-1)?.total ?? 0n;
  const value = quotient === undefined ? sum : perShare(sum as Cash, quotient.divisor);
  return {
    figure: figure.name,
    unit: quotient === undefined ? unit : 'price',
    lines: counted,
    sum,
    sumUnit: unit,
    quotient: quotient ?? null,
    value,
  };
};

const mustEqual = (figure: string, unit: Unit, value: bigint, cell: bigint, whose: string) => {
  if (value === cell) return;
  throw new Unexplained(
    `The lines of ${figure} come to ${formatIn(unit, value)}, ${whose} say ${formatIn(unit, cell)}.`,
  );
};

/** One account's rows of the live tables that a figure is in. Reads those tables whole, a page at a time. */
const liveTables = async (
  { tables: reader }: LedgerSnapshot,
  names: Figure['tables'],
  { accountId }: Subject,
): Promise<Tables> => {
  const live = createTables(true);
  for (const name of names) {
    const table = live[name];
    invariant(!(table instanceof Map), `${name} is a read table`);
    const { shape, put } = table as Table<unknown>;
    for await (const page of reader.rows(shape.name)) {
      for (const row of page) {
        // Markets belong to nobody.
        if ((row['account_id'] ?? accountId) === accountId) put(shape.decode(row));
      }
    }
  }
  return live;
};

/**
 * The events and the arithmetic that made a figure, in a view of the ledger; null shows what the live read tables show.
 * Throws Unexplained where the lines do not come exactly to the figure that the projections fold from the log in that
 * view, or to the live read tables' own where those are explained.
 */
export const explain = async (
  snapshot: LedgerSnapshot,
  figure: Figure,
  subject: Subject,
  view: View | null = null,
): Promise<Explanation> => {
  const { checkpoint } = view === null ? await snapshot.tables.live() : { checkpoint: 0 };
  const shown = view ?? { asOf: null, known: { kind: 'sequence', sequence: checkpoint } };
  const { see, tell } = figure.begin(subject);
  const folded = await accountAsOf(snapshot.log, subject.accountId, shown, see);
  const cell = figure.cell(folded, subject);
  const explanation = explanationOf(figure, tell(folded));
  const { name } = figure;
  mustEqual(name, explanation.unit, explanation.value, cell, 'the events as they are projected');
  if (view === null) {
    const live = figure.cell(await liveTables(snapshot, figure.tables, subject), subject);
    mustEqual(name, explanation.unit, explanation.value, live, 'the live read tables');
  }
  return explanation;
};
