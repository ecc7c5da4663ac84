import { NoSuchPast, seenIn, type View } from '#audit/as-of/view.ts';
import { explain } from '#audit/explain/explain.ts';
import {
  type Explained,
  type Explanation,
  formatIn,
  NoSuchFigure,
  type Subject,
  type Totaled,
  Unexplained,
  type Unit,
} from '#audit/explain/explanation.ts';
import { type Figure, figureNamed, figures, whyNoFigure } from '#audit/explain/figures.ts';
import { inWords } from '#audit/explain/formula.ts';
import { explainedJson } from '#audit/explain/in-json.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import { isDate, type SessionDate } from '#domain/time.ts';
import { askedName, inColumns, viewHelp, viewOf, viewOptions } from './as-of.ts';
import type { Asked, Command } from './command.ts';
import { UsageError } from './command-line.ts';
import { accountNamed, marketClock } from './past-look.ts';
import { countOf, flagOf, orderIdOf, textOf } from './values.ts';
import type { WithLook } from './with-look.ts';

const asks: Readonly<Record<Figure['needs'], string>> = {
  nothing: '',
  symbol: '--symbol S',
  order: '--order ID',
  id: '--id ID',
  session: '--session DATE',
  book: '--book B --symbol C',
};

const askOf = ({ needs, withoutId }: Figure): string =>
  withoutId === undefined ? asks[needs] : `[${asks[needs]}]`;

const catalogue = figures
  .map((figure) => `  ${figure.name.padEnd(42)}${askOf(figure).padEnd(21)}${figure.summary}`)
  .join('\n');

const figureOf = ({ positionals }: Asked): Figure => {
  const [name, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`One figure at a time: what is ${rest.join(' ')}?`);
  const figure = name === undefined ? undefined : figureNamed(name);
  if (figure !== undefined) return figure;
  const why = name === undefined ? undefined : whyNoFigure(name);
  if (why !== undefined) throw new UsageError(`${name} ${why}.`);
  const problem = name === undefined ? 'Which figure?' : `There is no figure ${name}.`;
  throw new UsageError(`${problem} There are:\n${catalogue}`);
};

const sessionOf = (asked: Asked): SessionDate | null => {
  const session = textOf(asked, 'session');
  if (session === undefined) return null;
  if (!isDate(session)) throw new UsageError(`--session needs a date such as 2014-01-03.`);
  return session as SessionDate;
};

const subjectOf = (asked: Asked, figure: Figure): Omit<Subject, 'at' | 'end' | 'accountId'> => {
  const { name, needs, withoutId } = figure;
  const order = textOf(asked, 'order');
  const id = textOf(asked, 'id') ?? null;
  const book = textOf(asked, 'book') ?? null;
  const session = sessionOf(asked);
  const symbol = (textOf(asked, 'symbol')?.toUpperCase() ?? null) as Ticker | null;
  const orderId = order === undefined ? null : orderIdOf(order);
  const isThere: Readonly<Record<Figure['needs'], boolean>> = {
    nothing: true,
    symbol: symbol !== null,
    order: orderId !== null,
    id: id !== null || withoutId !== undefined,
    session: session !== null,
    book: book !== null && symbol !== null,
  };
  if (!isThere[needs]) throw new UsageError(`${name} needs ${asks[needs]}.`);
  return { symbol, orderId, id, session, book };
};

const rowOf = (unit: Unit, { sequence, at, what, amount, total }: Totaled) => ({
  sequence,
  at,
  what,
  amount: formatIn(unit, amount),
  total: formatIn(unit, total),
});

const numbers = ['sequence', 'amount', 'total'];

const valueOf = ({ figure, unit, value }: Explanation): string =>
  `${figure} = ${formatIn(unit, value)}`;

/** An explanation and, further in, those of its parts; what was written out before is only named. */
const textLines = (
  explanation: Explanation,
  depth: number,
  written: Set<string>,
): readonly string[] => {
  const { unit, lines, parts } = explanation;
  const indent = '    '.repeat(depth);
  const head = valueOf(explanation);
  if (written.has(head)) return [`${indent}${head}, as above`];
  written.add(head);
  const formula = inWords(explanation);
  const rows = lines.map((line) => rowOf(unit, line));
  const nothing = lines.length === 0 && parts.length === 0 ? ['Nothing has moved it.'] : [];
  const own = [
    head,
    ...(formula === null ? [] : [`= ${formula}`]),
    ...nothing,
    ...(rows.length === 0 ? [] : inColumns(rows, numbers)),
  ].map((line) => `${indent}${line}`);
  return [...own, ...parts.flatMap((part) => ['', ...textLines(part, depth + 1, written)])];
};

/** The figure comes once more at the end, where a long list leaves the reader. */
const pageOf = (explained: Explained): readonly string[] => [
  ...textLines(explained, 0, new Set()),
  '',
  `${valueOf(explained)}, as of event ${explained.sequence}`,
];

const codeOf = (error: unknown): 1 | 2 | undefined => {
  if (error instanceof Unexplained) return 1;
  return error instanceof NoSuchFigure || error instanceof NoSuchPast ? 2 : undefined;
};

const run =
  (withLook: WithLook): Command['run'] =>
  async (asked, { out, tell }) => {
    const figure = figureOf(asked);
    const [name, wanted] = [askedName(asked), subjectOf(asked, figure)];
    const view = viewOf(asked);
    const most = countOf(asked, 'last');
    const past: View | null = view.asOf === null && view.known === null ? null : view;
    try {
      const explained = await withLook(async (snapshot) => {
        const { at, end } = await seenIn(snapshot.log, view, await marketClock(snapshot));
        const accountId = await accountNamed(snapshot, name);
        return explain(snapshot, figure, { ...wanted, accountId, at, end }, past, most);
      });
      if (flagOf(asked, 'json')) out(JSON.stringify(explainedJson(explained)));
      else for (const line of pageOf(explained)) out(line);
      return 0;
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined || !(error instanceof Error)) throw error;
      tell(error.message);
      return code;
    }
  };

/** `ledger explain`: the events and the arithmetic behind a figure. */
export const explainCommand = (withLook: WithLook): Command => ({
  name: 'explain',
  summary: 'The events and the arithmetic that made a figure, line by line.',
  usage:
    'FIGURE --account ID|NUMBER [--symbol S | --order ID | --id ID | --session DATE] [--last N] [--as-of INSTANT|SEQUENCE] [--known INSTANT|SEQUENCE] [--json]',
  help: `The events and the arithmetic that made a figure of the read tables, line by line, summing exactly to it. What is made of
other figures states its formula; each of them follows with its own lines. Without a time the figure is the live read
tables' own.

Figures:
${catalogue}

  --symbol S                    a ticker; of a posting the currency or the ticker
  --order ID                    an order
  --id ID                       the row: an execution id, the id of a closed position or of a lot, a line of the
                                statement such as 120-1
  --session DATE                a trading day
  --book B                      account, market, external, commission, fees, interest, dividends, adjustments or
                                corporate_actions
  --last N                      only the last N lines of each list; what came before is one line
${viewHelp}
Exit codes: 0 done, 1 the lines do not come to what the live read tables show, 2 could not run.

Examples:
  ledger explain accounts.cash --account 00000000-0000-4000-8000-000000000001 --last 20
  ledger explain positions.realized_pnl --account 00000000-0000-4000-8000-000000000001 --symbol AAPL
  ledger explain portfolio_snapshots.equity --account 00000000-0000-4000-8000-000000000001 --session 2014-01-03
  ledger explain positions.avg_cost --account 00000000-0000-4000-8000-000000000001 --symbol AAPL --as-of 2014-01-03T21:00:00Z`,
  options: {
    ...viewOptions,
    symbol: { type: 'string' },
    order: { type: 'string' },
    id: { type: 'string' },
    session: { type: 'string' },
    book: { type: 'string' },
    last: { type: 'string' },
  },
  run: run(withLook),
});
