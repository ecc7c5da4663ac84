import { cash, formatPrice, formatQuantity, type Price, type Quantity } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Tables } from '#projections/tables.ts';
import { cashMoves } from '../cash-moves.ts';
import { figure, told } from '../define.ts';
import {
  type Cells,
  type FigureTable,
  type Line,
  NoSuchFigure,
  type Subject,
} from '../explanation.ts';
import { createLines, lineOf } from '../lines.ts';

const currency = 'USD';
/** Shares carry nine decimals, amounts of a commodity eighteen. */
const toAmount = 1_000_000_000n;

type Move = { readonly book: string; readonly symbol: string; readonly line: Line };

/** What an event moves into or out of the account's shares, and the book on the other side. */
const shareMoves = (event: RecordedEvent): readonly Move[] => {
  const { data } = event;
  const traded = (verb: string, shares: bigint, price: bigint): Move | null => {
    if (!('side' in data)) return null;
    const words = `${formatQuantity(shares as Quantity)} ${data.symbol} × ${formatPrice(price as Price)}`;
    const amount = (data.side === 'buy' ? shares : -shares) * toAmount;
    const line = lineOf(event, `${verb} ${data.side} ${words}`, verb === 'undo' ? -amount : amount);
    return { book: 'market', symbol: data.symbol, line };
  };
  const kept = (...moves: readonly (Move | null)[]): readonly Move[] =>
    moves.filter((move) => move !== null);
  switch (data.type) {
    case 'OrderFilled':
      return kept(traded('fill', data.quantity, data.price));
    case 'FillBusted':
      return kept(traded('undo', data.quantity, data.price));
    case 'FillCorrected':
      return kept(
        traded('undo', data.previousQuantity, data.previousPrice),
        traded('corrected', data.quantity, data.price),
      );
    case 'StockSplit': {
      const what = `${data.symbol} splits ${data.newShares} for ${data.oldShares}`;
      const amount = (data.quantityAfter - data.quantityBefore) * toAmount;
      const line = lineOf(event, what, amount);
      return [{ book: 'corporate_actions', symbol: data.symbol, line }];
    }
    default:
      return [];
  }
};

/** Cash in the currency, shares under their symbol; of the account's own book what comes in, of another what went there. */
const linesOf = (event: RecordedEvent, book: string, commodity: string): readonly Line[] => {
  const moves: readonly Move[] = [
    ...cashMoves(event).map((move) => ({ ...move, symbol: currency })),
    ...shareMoves(event),
  ];
  return moves
    .filter((move) => move.symbol === commodity && (book === 'account' || move.book === book))
    .map(({ line }) => (book === 'account' ? line : { ...line, amount: -line.amount }));
};

const row = (tables: Tables, { accountId, book, symbol }: Subject): Cells => {
  let [amount, count] = [0n, 0];
  for (const entry of tables.journalEntries.values()) {
    if (entry.accountId !== accountId) continue;
    for (const leg of entry.legs) {
      if (leg.book !== book || leg.commodity !== symbol) continue;
      amount += cash(leg.amount);
      count += 1;
    }
  }
  if (count > 0) return { amount };
  throw new NoSuchFigure(`Nothing of ${symbol} was ever posted to the book ${book}.`);
};

/** Double entry: what all postings of a book in a commodity come to. */
export const postings: FigureTable = {
  view: 'postings',
  needs: 'book',
  row,
  key: ({ accountId, book, symbol }) =>
    book == null || symbol === null ? null : [accountId, book, symbol],
  figures: [
    {
      ...figure('postings.amount', 'amount', 'all postings of a book in a currency or a symbol'),
      begin: ({ book, symbol }, most) => {
        const { add, lines } = createLines(most);
        return {
          see: (event) => {
            if (book != null && symbol !== null) add(...linesOf(event, book, symbol));
          },
          tell: () => told(lines()),
        };
      },
    },
  ],
};
