import { invariant } from '#domain/invariant.ts';
import { formatPrice, formatQuantity, perShare } from '#domain/money.ts';
import type { AccountRecord } from '#projections/accounts/table.ts';
import { holdingKey } from '#projections/keys.ts';
import type { OrderRecord } from '#projections/orders/table.ts';
import type { PositionRecord } from '#projections/positions/table.ts';
import type { Tables } from '#projections/tables.ts';
import { portfolioOf, valued } from '../as-of/valuation.ts';
import { buyingPowerLines } from './buying-power.ts';
import { cashLines, product } from './cash-lines.ts';
import { type Figure, type Line, NoSuchFigure, type Subject } from './explanation.ts';
import { linesOf, type Move, movesOf, ofOpenCycle } from './position-lines.ts';
import { createReserveLines } from './reserve-lines.ts';

const accountIn = (tables: Tables, { accountId }: Subject): AccountRecord => {
  const account = tables.accounts.get(accountId);
  if (account === undefined) throw new NoSuchFigure(`There is no account ${accountId}.`);
  return account;
};

const positionIn = (tables: Tables, { accountId, symbol }: Subject): PositionRecord => {
  invariant(symbol !== null, 'a symbol was asked for');
  const position = tables.positions.get(holdingKey(accountId, symbol));
  if (position === undefined) throw new NoSuchFigure(`The account never traded ${symbol}.`);
  return position;
};

const heldIn = (tables: Tables, subject: Subject): PositionRecord => {
  const position = positionIn(tables, subject);
  if (position.quantity !== 0n && position.cycle !== null) return position;
  throw new NoSuchFigure(`Nothing of ${subject.symbol} is held, so there is no such figure.`);
};

const orderIn = (tables: Tables, { accountId, orderId }: Subject): OrderRecord => {
  invariant(orderId !== null, 'an order was asked for');
  const order = tables.orders.get(orderId);
  if (order?.accountId === accountId) return order;
  throw new NoSuchFigure(`The account has no order ${orderId}.`);
};

const filledIn = (tables: Tables, subject: Subject): OrderRecord => {
  const order = orderIn(tables, subject);
  if (order.filledQuantity !== 0n) return order;
  throw new NoSuchFigure(`Nothing of order ${subject.orderId} has filled, so there is no average.`);
};

const movesIn = (tables: Tables, { accountId, symbol }: Subject): readonly Move[] => {
  invariant(symbol !== null, 'a symbol was asked for');
  const key = holdingKey(accountId, symbol);
  return movesOf(tables.orderFills.group(key), tables.stockSplits.group(key));
};

const watchCash = () => {
  const lines: Line[] = [];
  return {
    see: (event: Parameters<typeof cashLines>[0]) => {
      lines.push(...cashLines(event));
    },
    tell: () => ({ lines, unit: 'cash' }) as const,
  };
};

const watchReserved = (orderId: Subject['orderId']) => {
  const { see, lines } = createReserveLines(orderId);
  return { see, tell: () => ({ lines, unit: 'cash' }) as const };
};

const lastBalance = (tables: Tables, { accountId }: Subject): bigint => {
  let [balance, sequence, line]: [bigint, number, number] = [0n, 0, 0];
  for (const row of tables.transactions.values()) {
    if (row.accountId !== accountId) continue;
    if (row.sequence < sequence || (row.sequence === sequence && row.line < line)) continue;
    [balance, sequence, line] = [row.balanceAfter, row.sequence, row.line];
  }
  return balance;
};

/** A figure of a position that is a sum over its moves. */
const sumOfMoves = (
  over: Pick<Figure, 'name' | 'summary' | 'cell'>,
  number: 'quantity' | 'cost' | 'realized',
  of: (moves: readonly Move[]) => readonly Move[],
): Figure => ({
  ...over,
  needs: 'symbol',
  tables: ['positions'],
  begin: (subject) => ({
    tell: (tables) => ({
      lines: linesOf(of(movesIn(tables, subject)), number),
      unit: number === 'quantity' ? 'quantity' : 'cash',
    }),
  }),
});

const everything = (moves: readonly Move[]): readonly Move[] => moves;

const marketValueLine = (tables: Tables, subject: Subject): Line => {
  const { position, price, marketValue } = valued(tables, heldIn(tables, subject));
  const market = tables.marketDataCache.get(position.symbol);
  const from = market === undefined ? 'the last own fill' : `the mark of ${market.session}`;
  return {
    sequence: market?.sequence ?? position.changedSequence,
    at: market?.markedAt ?? position.updatedAt,
    what: `market value: ${formatQuantity(position.quantity)} × ${formatPrice(price)}, ${from}`,
    amount: marketValue,
  };
};

const fillLines = (tables: Tables, { orderId }: Subject): readonly Line[] =>
  [...tables.orderFills.values()]
    .filter((fill) => fill.orderId === orderId && fill.status !== 'disputed')
    .toSorted((left, right) => left.createdSequence - right.createdSequence)
    .map((fill) => {
      const stands = fill.status !== 'busted';
      const by = `by event ${fill.sequence}`;
      const status = fill.status === 'booked' ? '' : ` (${fill.status} ${by})`;
      return {
        sequence: fill.createdSequence,
        at: fill.executedAt,
        what: `${fill.side} ${product(fill)}${status}`,
        amount: stands ? fill.quantity * fill.price : 0n,
      };
    });

/** Every figure that can be explained, by the names of the views' columns. */
export const figures: readonly Figure[] = [
  {
    name: 'accounts.cash',
    summary: 'cash of the account',
    needs: 'nothing',
    tables: ['accounts'],
    cell: (tables, subject) => accountIn(tables, subject).cash,
    begin: watchCash,
  },
  {
    name: 'transactions.balance_after',
    summary: 'balance after the last line of the statement',
    needs: 'nothing',
    tables: ['transactions'],
    cell: lastBalance,
    begin: watchCash,
  },
  {
    name: 'accounts.reserved',
    summary: 'cash that open orders keep aside',
    needs: 'nothing',
    tables: ['accounts'],
    cell: (tables, subject) => accountIn(tables, subject).reserved,
    begin: () => watchReserved(null),
  },
  {
    name: 'accounts.buying_power',
    summary: 'what a new opening order may cost',
    needs: 'nothing',
    tables: ['accounts', 'positions', 'orderFills', 'marketDataCache'],
    cell: (tables, subject) =>
      portfolioOf(tables, accountIn(tables, subject), subject.at).buyingPower,
    begin: (subject) => ({
      tell: (tables) => ({ lines: buyingPowerLines(tables, subject), unit: 'cash' }),
    }),
  },
  sumOfMoves(
    {
      name: 'positions.quantity',
      summary: 'shares held, negative for a short',
      cell: (tables, subject) => positionIn(tables, subject).quantity,
    },
    'quantity',
    everything,
  ),
  sumOfMoves(
    {
      name: 'positions.total_cost',
      summary: 'cost of what is held, negative for a short',
      cell: (tables, subject) => positionIn(tables, subject).cost,
    },
    'cost',
    ofOpenCycle,
  ),
  {
    name: 'positions.avg_cost',
    summary: 'cost of a share, rounded to nine decimals',
    needs: 'symbol',
    tables: ['positions'],
    cell: (tables, subject) => {
      const { cost, quantity } = heldIn(tables, subject);
      return perShare(cost, quantity);
    },
    begin: (subject) => ({
      tell: (tables) => {
        const moves = movesIn(tables, subject);
        const held = moves.reduce((total, { quantity }) => total + quantity, 0n);
        const divisor = held as PositionRecord['quantity'];
        if (divisor === 0n) throw new NoSuchFigure(`Nothing of ${subject.symbol} is held.`);
        return {
          lines: linesOf(ofOpenCycle(moves), 'cost'),
          unit: 'cash',
          quotient: { divisor, of: 'shares held' },
        };
      },
    }),
  },
  sumOfMoves(
    {
      name: 'positions.realized_pnl',
      summary: 'profit realized by the open position, before commission',
      cell: (tables, subject) => heldIn(tables, subject).cycle?.realized ?? 0n,
    },
    'realized',
    ofOpenCycle,
  ),
  sumOfMoves(
    {
      name: 'positions.realized_pnl_lifetime',
      summary: 'profit ever realized in the symbol, before commission',
      cell: (tables, subject) => positionIn(tables, subject).realizedPnlLifetime,
    },
    'realized',
    everything,
  ),
  {
    name: 'positions.unrealized_pnl',
    summary: 'market value less cost',
    needs: 'symbol',
    tables: ['positions', 'marketDataCache'],
    cell: (tables, subject) => valued(tables, heldIn(tables, subject)).unrealized,
    begin: (subject) => ({
      tell: (tables) => {
        const cost = linesOf(ofOpenCycle(movesIn(tables, subject)), 'cost');
        const less = cost.map((line) => ({
          ...line,
          what: `less cost: ${line.what}`,
          amount: -line.amount,
        }));
        return { lines: [marketValueLine(tables, subject), ...less], unit: 'cash' };
      },
    }),
  },
  {
    name: 'orders.reserved_cash',
    summary: 'cash that the order keeps aside',
    needs: 'order',
    tables: ['orders'],
    cell: (tables, subject) => orderIn(tables, subject).reservedCash,
    begin: ({ orderId }) => watchReserved(orderId),
  },
  {
    name: 'orders.avg_fill_price',
    summary: 'average price of its fills, rounded to nine decimals',
    needs: 'order',
    tables: ['orders'],
    cell: (tables, subject) => {
      const { filledValue, filledQuantity } = filledIn(tables, subject);
      return perShare(filledValue, filledQuantity);
    },
    begin: (subject) => ({
      tell: (tables) => ({
        lines: fillLines(tables, subject),
        unit: 'cash',
        quotient: { divisor: filledIn(tables, subject).filledQuantity, of: 'shares filled' },
      }),
    }),
  },
];

/** Other names that people try. */
const aliases: Readonly<Record<string, string>> = {
  'accounts.reserved_cash': 'accounts.reserved',
  'transactions.balance': 'transactions.balance_after',
};

/** A figure by its name; undefined where there is none. */
export const figureNamed = (name: string): Figure | undefined => {
  const wanted = aliases[name] ?? name;
  return figures.find((figure) => figure.name === wanted);
};
