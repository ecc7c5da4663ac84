import { initialMarginPercent, maintenancePercent } from '#domain/account/figures.ts';
import type { Book } from '#domain/account/postings.ts';
import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import type { AccountRecord } from '#projections/accounts/table.ts';
import type { Tables } from '#projections/tables.ts';
import { presentIn } from '../../as-of/present.ts';
import { dayPnlOf, openPositions, portfolioOf, unsettledSales } from '../../as-of/valuation.ts';
import { cashMoves } from '../cash-moves.ts';
import { cellsOf, derived, figure, fromTables, together, told, total } from '../define.ts';
import {
  type Cells,
  type Definition,
  type FigureTable,
  type Line,
  NoSuchFigure,
  type Subject,
  type Unit,
} from '../explanation.ts';
import { createLines, derivedLine, sumOf } from '../lines.ts';
import { linesOf } from '../position-moves.ts';
import { movesIn, positionLine } from '../position-values.ts';
import { watchReserved } from '../reserve-moves.ts';

type Named = readonly [column: string, summary: string];
const cash = ([column, summary]: Named) => figure(`accounts.${column}`, 'cash', summary);

/** An account's row. Throws NoSuchFigure. */
export const accountIn = (tables: Tables, { accountId }: Subject): AccountRecord => {
  const account = tables.accounts.get(accountId);
  if (account === undefined) throw new NoSuchFigure(`There is no account ${accountId}.`);
  return account;
};

/** Sales that settle later have not settled. */
const settledBy = (tables: Tables, subject: Subject): Instant =>
  presentIn(accountIn(tables, subject), subject.at, subject.end ?? null);

/** The account's cash movements with these books on the other side, or all; `sign` −1 counts what was paid. */
const ofCash = (
  named: Named,
  sign: 1n | -1n,
  books: readonly Book[] | null = null,
): Definition => ({
  ...cash(named),
  begin: (_, most) => {
    const { add, lines } = createLines(most);
    return {
      see: (event) => {
        for (const { book, line } of cashMoves(event)) {
          if (books === null || books.includes(book)) add({ ...line, amount: line.amount * sign });
        }
      },
      tell: () => told(lines()),
    };
  },
});

type Opened = ReturnType<typeof openPositions>[number];

/** A figure that open positions add up to, a line for each. */
const ofPositions = (
  name: string,
  [unit, column, summary]: readonly [unit: Unit, column: string, summary: string],
  amountOf: (opened: Opened, tables: Tables) => bigint | null,
): Definition =>
  fromTables(figure(name, unit, summary), (tables, { accountId }) =>
    openPositions(tables, accountId).flatMap((opened) => {
      const amount = amountOf(opened, tables);
      return amount === null ? [] : [positionLine(tables, opened, column, amount)];
    }),
  );

const worth = (name: string, summary: string, counts: (value: bigint) => boolean): Definition =>
  ofPositions(name, ['cash', 'market_value', summary], ({ position, marketValue }) =>
    counts(position.quantity) ? marketValue : null,
  );

const cashFigure = ofCash(['cash', 'cash of the account'], 1n);
const netDeposits = ofCash(['net_deposits', 'deposited less withdrawn'], 1n, ['external']);
const commission = ofCash(['commission', 'commission paid'], -1n, ['commission']);

const symbolsOf = (tables: Tables, accountId: AccountId): readonly Ticker[] => {
  const symbols = new Set<Ticker>();
  for (const fill of tables.orderFills.values()) {
    if (fill.accountId === accountId && fill.status !== 'disputed') symbols.add(fill.symbol);
  }
  return [...symbols];
};

const realized = fromTables(
  cash(['realized_pnl', 'profit ever realized, before commission']),
  (tables, subject) =>
    symbolsOf(tables, subject.accountId)
      .flatMap((symbol) => linesOf(movesIn(tables, { ...subject, symbol }), 'realized'))
      .toSorted((left, right) => (left.sequence ?? 0) - (right.sequence ?? 0)),
);

const reserved: Definition = {
  ...cash(['reserved', 'cash that open orders keep aside']),
  begin: (_, most) => watchReserved('cash', null, most),
};

const unsettled = fromTables(
  cash(['unsettled', 'what sales have brought and may not be used yet']),
  (tables, subject) =>
    unsettledSales(tables, subject.accountId, settledBy(tables, subject)).map((fill) => ({
      sequence: fill.createdSequence,
      at: fill.executedAt,
      what: `the sale ${fill.executionId} of ${fill.symbol}, which settles ${fill.settlesAt}`,
      amount: fill.value - fill.commission,
    })),
);

const positionsValue = worth(
  'accounts.positions_value',
  'all positions at the latest marks',
  () => true,
);
const longValue = worth(
  'accounts.long_market_value',
  'what is held at the latest marks',
  (quantity) => quantity > 0n,
);
const shortValue = worth(
  'accounts.short_market_value',
  'what was sold short at the latest marks, negative',
  (quantity) => quantity < 0n,
);
const grossValue = ofPositions(
  'value of all positions without their signs',
  ['cash', 'market_value', ''],
  ({ marketValue }) => (marketValue < 0n ? -marketValue : marketValue),
);
const unrealized = ofPositions(
  'accounts.unrealized_pnl',
  ['cash', 'unrealized_pnl', 'market value less cost of all positions'],
  ({ unrealized: one }) => one,
);
const equity = total(cash(['equity', 'cash and positions']), [cashFigure, positionsValue]);

/** A figure that only an account on margin has. */
const onMargin = (named: Named, worked: Definition): Definition => ({
  ...cash(named),
  begin: (subject, most) =>
    together([worked], subject, most, (parts, tables) =>
      accountIn(tables, subject).policy.kind === 'margin'
        ? { formula: { kind: 'sum', signs: [1] }, lines: [], parts }
        : told([], 'a cash account borrows nothing'),
    ),
});

const share = (name: string, percent: bigint, of: Definition): Definition =>
  derived(figure(name, 'cash', ''), { kind: 'share', percent }, of);

const marginUsed = onMargin(
  ['margin_used', 'initial margin of all positions (Regulation T)'],
  share('initial margin', initialMarginPercent, grossValue),
);
const maintenance = onMargin(
  ['maintenance_margin', 'what positions must be backed with (FINRA Rule 4210)'],
  total(figure('maintenance', 'cash', ''), [
    share('maintenance of longs', maintenancePercent.long, longValue),
    share('maintenance of shorts', maintenancePercent.short, shortValue),
  ]),
);

/** What is left when `available` is never below zero and counts twice on margin. */
const usable = (available: bigint, isMargin: boolean): readonly Line[] => {
  if (available < 0n) return [derivedLine('never below zero', -available)];
  return isMargin ? [derivedLine('twice that on margin', available)] : [];
};

const buyingPower: Definition = {
  ...cash(['buying_power', 'what a new opening order may cost']),
  begin: (subject, most) =>
    together(
      [equity, marginUsed, cashFigure, unsettled, reserved],
      subject,
      most,
      (all, tables) => {
        const isMargin = accountIn(tables, subject).policy.kind === 'margin';
        const [ofEquity, ofMargin, ofCash, ofSales, ofOrders] = all;
        const parts = (
          isMargin ? [ofEquity, ofMargin, ofOrders] : [ofCash, ofSales, ofOrders]
        ).filter((part) => part !== undefined);
        const signed = parts.map(({ value }, place) => ({ amount: place === 0 ? value : -value }));
        return {
          formula: { kind: 'sum', signs: [1, -1, -1] },
          lines: usable(sumOf(signed), isMargin),
          parts,
        };
      },
    ),
};

const lastSession = (
  named: Named,
  column: 'equity' | 'net_deposits',
  amountOf: (account: AccountRecord) => bigint,
): Definition =>
  fromTables(
    cash(named),
    (tables, subject) => {
      const account = accountIn(tables, subject);
      const { lastSession: session, accountId } = account;
      if (session === null) return [];
      const point = tables.portfolioSnapshots.get(`${accountId}/${session}`);
      return [
        {
          sequence: point?.sequence ?? null,
          at: point?.at ?? null,
          what: `at the close of ${session}`,
          amount: amountOf(account),
          see: { figure: `portfolio_snapshots.${column}`, session },
        },
      ];
    },
    'what the last session closed with; 0 before the first',
  );

const row = (tables: Tables, subject: Subject): Cells => {
  const account = accountIn(tables, subject);
  const figures = portfolioOf(tables, account, settledBy(tables, subject));
  const { equity: value, unrealized: unrealizedPnl } = figures;
  return cellsOf({ ...account, ...figures, portfolioValue: value, unrealizedPnl });
};

/** The accounts at the latest marks. */
export const accounts: FigureTable = {
  view: 'accounts',
  needs: 'nothing',
  row,
  key: ({ accountId, at }) => [accountId, at],
  figures: [
    cashFigure,
    unsettled,
    reserved,
    buyingPower,
    positionsValue,
    longValue,
    shortValue,
    total(cash(['portfolio_value', 'cash and positions']), [cashFigure, positionsValue]),
    equity,
    marginUsed,
    maintenance,
    ofPositions(
      'accounts.position_count',
      ['count', 'quantity', 'positions that are open'],
      () => 1n,
    ),
    unrealized,
    ofPositions(
      'accounts.day_pnl',
      ['cash', 'day_pnl', 'what all positions made since the day began'],
      ({ position }, tables) => dayPnlOf(tables, position),
    ),
    netDeposits,
    realized,
    commission,
    ofCash(['dividends', 'dividends received'], 1n, ['dividends']),
    ofCash(['interest', 'interest received less paid'], 1n, ['interest']),
    ofCash(['fees', 'fees paid'], -1n, ['fees']),
    lastSession(
      ['last_session_equity', 'equity at the last session’s close'],
      'equity',
      ({ lastSessionEquity }) => lastSessionEquity,
    ),
    lastSession(
      ['last_session_net_deposits', 'net deposits at the last session’s close'],
      'net_deposits',
      ({ lastSessionNetDeposits }) => lastSessionNetDeposits,
    ),
  ],
};

/** For the points of the equity curve, which keep them. */
export const accountFigures = {
  cash: cashFigure,
  positionsValue,
  equity,
  netDeposits,
  realized,
  unrealized,
  commission,
};
