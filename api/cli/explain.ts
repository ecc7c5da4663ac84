import { instantOf, NoSuchPast, type View } from '#audit/as-of/view.ts';
import { explain } from '#audit/explain/explain.ts';
import {
  type Explanation,
  type Figure,
  formatIn,
  NoSuchFigure,
  Unexplained,
} from '#audit/explain/explanation.ts';
import { figureNamed, figures } from '#audit/explain/figures.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import { formatQuantity } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { askedAccount, inColumns, viewHelp, viewOf, viewOptions } from './as-of.ts';
import type { Asked, Command } from './command.ts';
import { UsageError } from './command-line.ts';
import { flagOf, orderIdOf, textOf } from './values.ts';
import type { WithSnapshot } from './with-snapshot.ts';

const asks: Readonly<Record<Figure['needs'], string>> = {
  nothing: '',
  symbol: ' --symbol S',
  order: ' --order ID',
};

const catalogue = figures
  .map(({ name, summary, needs }) => `  ${`${name}${asks[needs]}`.padEnd(42)}${summary}`)
  .join('\n');

const figureOf = ({ positionals }: Asked): Figure => {
  const [name, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`One figure at a time: what is ${rest.join(' ')}?`);
  const figure = name === undefined ? undefined : figureNamed(name);
  if (figure !== undefined) return figure;
  const problem = name === undefined ? 'Which figure?' : `There is no figure ${name}.`;
  throw new UsageError(`${problem} There are:\n${catalogue}`);
};

const subjectOf = (asked: Asked, { name, needs }: Figure) => {
  const symbol = textOf(asked, 'symbol')?.toUpperCase() ?? null;
  const order = textOf(asked, 'order');
  const orderId = order === undefined ? null : orderIdOf(order);
  if (needs === 'symbol' && symbol === null) throw new UsageError(`${name} needs --symbol.`);
  if (needs === 'order' && orderId === null) throw new UsageError(`${name} needs --order.`);
  return { accountId: askedAccount(asked), symbol: symbol as Ticker | null, orderId };
};

const rowsOf = ({ lines, sumUnit }: Explanation) =>
  lines.map(({ sequence, at, what, amount, total }) => ({
    sequence,
    at,
    what,
    amount: formatIn(sumUnit, amount),
    total: formatIn(sumUnit, total),
  }));

const jsonOf = (explanation: Explanation): string => {
  const { figure, unit, sum, sumUnit, quotient, value } = explanation;
  return JSON.stringify({
    figure,
    unit,
    value: formatIn(unit, value),
    sum: formatIn(sumUnit, sum),
    divisor: quotient === null ? null : formatQuantity(quotient.divisor),
    lines: rowsOf(explanation),
  });
};

const numbers = ['sequence', 'amount', 'total'];

const textLines = (explanation: Explanation): readonly string[] => {
  const { figure, unit, sum, sumUnit, quotient, value } = explanation;
  const rows = rowsOf(explanation);
  const worked =
    quotient === null
      ? ''
      : `${formatIn(sumUnit, sum)} / ${formatQuantity(quotient.divisor)} ${quotient.of} = `;
  const result = `${figure} = ${worked}${formatIn(unit, value)}`;
  return rows.length === 0
    ? ['Nothing has moved it.', result]
    : [...inColumns(rows, numbers), result];
};

const run =
  (withSnapshot: WithSnapshot, now: () => Instant): Command['run'] =>
  async (asked, { out, tell }) => {
    const figure = figureOf(asked);
    const wanted = subjectOf(asked, figure);
    const view = viewOf(asked);
    const isLive = view.asOf === null && view.known === null;
    try {
      const explanation = await withSnapshot(async (snapshot) => {
        const at = await instantOf(snapshot.log, view, now());
        const past: View | null = isLive ? null : view;
        return explain(snapshot, figure, { ...wanted, at }, past);
      });
      if (flagOf(asked, 'json')) out(jsonOf(explanation));
      else for (const line of textLines(explanation)) out(line);
      return 0;
    } catch (error) {
      const isFinding = error instanceof Unexplained;
      if (!isFinding && !(error instanceof NoSuchFigure) && !(error instanceof NoSuchPast)) {
        throw error;
      }
      tell(error.message);
      return isFinding ? 1 : 2;
    }
  };

/** `ledger explain`: the events and the arithmetic behind a figure. `now`: the market's time, decides what has settled. */
export const explainCommand = (withSnapshot: WithSnapshot, now: () => Instant): Command => ({
  name: 'explain',
  summary: 'The events and the arithmetic that made a figure, line by line.',
  usage:
    'FIGURE --account ID [--symbol S | --order ID] [--as-of INSTANT|SEQUENCE] [--known INSTANT|SEQUENCE] [--json]',
  help: `The events and the arithmetic that made a figure of the read tables, line by line, summing exactly to it. Without a
time the figure is the live read tables' own; exit code 1 where the lines do not come to it.

Figures:
${catalogue}

${viewHelp}

Examples:
  ledger explain accounts.cash --account 00000000-0000-4000-8000-000000000001
  ledger explain positions.realized_pnl --account 00000000-0000-4000-8000-000000000001 --symbol AAPL
  ledger explain positions.avg_cost --account 00000000-0000-4000-8000-000000000001 --symbol AAPL --as-of 2014-01-03T21:00:00Z`,
  options: { ...viewOptions, symbol: { type: 'string' }, order: { type: 'string' } },
  run: run(withSnapshot, now),
});
