import type { SessionDate } from '#domain/time.ts';
import type { SnapshotRecord } from '#projections/portfolio-snapshots/table.ts';
import type { Tables } from '#projections/tables.ts';
import { cellsOf, figure, together, told } from '../define.ts';
import {
  type Definition,
  type FigureTable,
  type Line,
  NoSuchFigure,
  type Run,
  type Subject,
  type Told,
} from '../explanation.ts';
import { accountFigures } from './accounts.ts';

/** The account at a session's close. Throws NoSuchFigure. */
const pointIn = (tables: Tables, { accountId, session }: Subject): SnapshotRecord => {
  if (session == null) throw new NoSuchFigure('The figure is of a session’s close: which one?');
  const point = tables.portfolioSnapshots.get(`${accountId}/${session}`);
  if (point !== undefined) return point;
  throw new NoSuchFigure(`The account has no close of ${session}.`);
};

/** Tells what a run would tell at the close of the session: nothing that comes later counts. */
const atClose = (run: Run, { accountId, session }: Subject): Run => {
  let then: Told | null = null;
  return {
    see: (event, tables) => {
      run.see?.(event, tables);
      if (event.data.type !== 'SessionClosed' || event.data.session !== session) return;
      const point = tables.portfolioSnapshots.get(`${accountId}/${session}`);
      // A closed account keeps the point it has.
      if (point?.sequence === event.sequence) then = run.tell(tables);
    },
    tell: () => then ?? told([]),
  };
};

const atCloseOf = (column: string, account: Definition): Definition => ({
  ...figure(`portfolio_snapshots.${column}`, 'cash', `${account.summary}, at a session’s close`),
  begin: (subject, most) => atClose(account.begin(subject, most), subject),
});

const { equity, netDeposits } = accountFigures;

type Close = {
  readonly session: SessionDate;
  readonly equity: bigint;
  readonly netDeposits: bigint;
  readonly sequence: number;
  readonly at: Line['at'];
};

const sinceLines = (before: Close | null): readonly Line[] => {
  if (before === null) return [];
  const { session, sequence, at } = before;
  const line = (what: string, column: string, amount: bigint): Line => ({
    sequence,
    at,
    what: `${what} at the close of ${session}`,
    amount,
    see: { figure: `portfolio_snapshots.${column}`, session },
  });
  return [
    line('less the equity', 'equity', -before.equity),
    line('net deposits', 'net_deposits', before.netDeposits),
  ];
};

/** The change of equity since the close before, deposits and withdrawals since then taken out. */
const dayChange: Definition = {
  ...figure('portfolio_snapshots.day_change', 'cash', 'change of equity since the close before'),
  begin: (subject, most) => {
    let [before, latest]: [Close | null, Close | null] = [null, null];
    const run = together([equity, netDeposits], subject, most, (parts) => ({
      formula: { kind: 'sum', signs: [1, -1] },
      lines: sinceLines(before),
      parts,
    }));
    const closing = atClose(run, subject);
    return {
      see: (event, tables) => {
        before = latest;
        closing.see?.(event, tables);
        if (event.data.type !== 'SessionClosed') return;
        const { session } = event.data;
        const point = tables.portfolioSnapshots.get(`${subject.accountId}/${session}`);
        if (point?.sequence === event.sequence) latest = point;
      },
      tell: closing.tell,
    };
  },
};

/** The account at each session's close. */
export const portfolioSnapshots: FigureTable = {
  view: 'portfolio_snapshots',
  needs: 'session',
  row: (tables, subject) => cellsOf(pointIn(tables, subject)),
  key: ({ accountId, session }) => (session == null ? null : [accountId, session]),
  figures: [
    atCloseOf('cash', accountFigures.cash),
    atCloseOf('positions_value', accountFigures.positionsValue),
    atCloseOf('equity', equity),
    atCloseOf('net_deposits', netDeposits),
    atCloseOf('realized_pnl', accountFigures.realized),
    atCloseOf('unrealized_pnl', accountFigures.unrealized),
    atCloseOf('commission', accountFigures.commission),
    dayChange,
  ],
};
