import type { Tables } from '#projections/tables.ts';
import { accountAsOf } from '../as-of/account-history.ts';
import type { View } from '../as-of/view.ts';
import type { LedgerSnapshot } from '../ports/ledger-snapshot.ts';
import type { LiveRows } from '../ports/live-rows.ts';
import { explanationOf } from './define.ts';
import {
  type Explained,
  type Explanation,
  formatIn,
  NoSuchFigure,
  type Run,
  type Subject,
  Unexplained,
} from './explanation.ts';
import type { Figure } from './figures.ts';
import { liveCell, mustShow } from './live-cell.ts';
import { marketAsOf } from './market-history.ts';

/** The ledger as of one moment, whose read tables can be asked for single rows. */
export type ExplainSnapshot = LedgerSnapshot & { readonly rows: LiveRows };

type Folded = { readonly tables: Tables; readonly sequence: number };

const fold = async (
  { log }: ExplainSnapshot,
  { table }: Figure,
  { accountId, symbol }: Subject,
  shown: View,
  run: Run,
  signal: AbortSignal | undefined,
): Promise<Folded> => {
  let last = 0;
  const watch: NonNullable<Run['see']> = (event, tables) => {
    signal?.throwIfAborted();
    last = Math.max(event.sequence, last);
    run.see?.(event, tables);
  };
  if (table.view !== 'market_data_cache') {
    return { tables: await accountAsOf(log, accountId, shown, watch), sequence: last };
  }
  if (symbol === null) throw new NoSuchFigure('The figure is of a symbol: which one?');
  return { tables: await marketAsOf(log, symbol, shown, watch), sequence: last };
};

/** The figure as the projections have it. Throws NoSuchFigure. */
const projectedCell = ({ table, column, name }: Figure, tables: Tables, subject: Subject) => {
  const cell = table.row(tables, subject)[column];
  if (cell != null) return cell;
  throw new NoSuchFigure(`There is no ${name} here: the read tables have none.`);
};

const mustBeProjected = ({ figure, unit, value }: Explanation, cell: bigint): void => {
  if (value === cell) return;
  throw new Unexplained(
    `The lines of ${figure} come to ${formatIn(unit, value)}, the events as they are projected say ${formatIn(unit, cell)}.`,
  );
};

/** A figure that the live read tables show and no event made is a finding. */
const mustNotShow = async ({ rows }: ExplainSnapshot, figure: Figure, subject: Subject) => {
  const { table, column, name } = figure;
  const key = table.key(subject, null);
  const cell = key === null ? null : await liveCell(rows, table.view, column, key);
  if (cell === null) return;
  throw new Unexplained(`No event made ${name}, the live read tables say ${cell}.`);
};

const sequenceOf = async (
  { log }: ExplainSnapshot,
  { known }: View,
  last: number,
): Promise<number> => {
  if (known === null) return log.head();
  return known.kind === 'sequence' ? known.sequence : last;
};

/**
 * The events and the arithmetic that made a figure, in a view of the ledger; null shows what the live read tables show.
 * No list of lines is longer than `most`: the earlier ones are one line. Throws Unexplained where the lines do not come
 * exactly to the figure that the projections fold from the log in that view, or, where the live read tables are
 * explained, to what their views show; NoSuchFigure and NoSuchPast where there is nothing to explain. `signal` aborts.
 */
export const explain = async (
  snapshot: ExplainSnapshot,
  figure: Figure,
  subject: Subject,
  view: View | null = null,
  most: number = Number.POSITIVE_INFINITY,
  signal?: AbortSignal,
): Promise<Explained> => {
  const { checkpoint } = view === null ? await snapshot.tables.live() : { checkpoint: 0 };
  const shown = view ?? { asOf: null, known: { kind: 'sequence', sequence: checkpoint } };
  const run = figure.begin(subject, most);
  const { tables, sequence } = await fold(snapshot, figure, subject, shown, run, signal);
  let cell: bigint;
  try {
    cell = projectedCell(figure, tables, subject);
  } catch (error) {
    if (view === null && error instanceof NoSuchFigure) {
      await mustNotShow(snapshot, figure, subject);
    }
    throw error;
  }
  const explanation = explanationOf(figure, run.tell(tables), most);
  mustBeProjected(explanation, cell);
  if (view === null) {
    const { view: name } = figure.table;
    const key = figure.table.key(subject, tables);
    const live = key === null ? null : await liveCell(snapshot.rows, name, figure.column, key);
    mustShow(explanation, live);
  }
  const { summary } = figure;
  return { ...explanation, summary, sequence: await sequenceOf(snapshot, shown, sequence) };
};
