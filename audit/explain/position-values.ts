import { invariant } from '#domain/invariant.ts';
import { formatPrice, formatQuantity } from '#domain/money.ts';
import { holdingKey } from '#projections/keys.ts';
import type { PositionRecord } from '#projections/positions/table.ts';
import type { Tables } from '#projections/tables.ts';
import type { valued } from '../as-of/valuation.ts';
import { type Line, NoSuchFigure, type Subject } from './explanation.ts';
import { type Move, movesOf } from './position-moves.ts';

/** What the account ever did in the symbol. Throws NoSuchFigure where it never did. */
export const positionIn = (tables: Tables, { accountId, symbol }: Subject): PositionRecord => {
  if (symbol === null) throw new NoSuchFigure('The figure is of a symbol: which one?');
  const position = tables.positions.get(holdingKey(accountId, symbol));
  if (position === undefined) throw new NoSuchFigure(`The account never traded ${symbol}.`);
  return position;
};

/** An open position. Throws NoSuchFigure. */
export const heldIn = (tables: Tables, subject: Subject): PositionRecord => {
  const position = positionIn(tables, subject);
  if (position.quantity !== 0n && position.cycle !== null) return position;
  throw new NoSuchFigure(`Nothing of ${subject.symbol} is held, so there is no such figure.`);
};

export const movesIn = (tables: Tables, { accountId, symbol }: Subject): readonly Move[] => {
  invariant(symbol !== null, 'a symbol was asked for');
  const key = holdingKey(accountId, symbol);
  return movesOf(tables.orderFills.group(key), tables.stockSplits.group(key));
};

/** The latest mark, restated for splits that it does not know; until there is one the last own fill, restated too. */
export const priceLines = (tables: Tables, subject: Subject): readonly Line[] => {
  const position = positionIn(tables, subject);
  const market = tables.marketDataCache.get(position.symbol);
  if (market === undefined) return ownPriceLines(tables, subject);
  const marked: Line = {
    sequence: market.sequence,
    at: market.markedAt,
    what: `the close of the mark of ${market.session}`,
    amount: market.price,
  };
  if (position.splitAt === null || market.markedAt > position.splitAt) return [marked];
  const [old, fresh] = [BigInt(position.splitOldShares), BigInt(position.splitNewShares)];
  const what = `${fresh} shares for ${old} since that mark`;
  const amount = (market.price * old) / fresh - market.price;
  return [marked, { sequence: null, at: position.splitAt, what, amount }];
};

/** The price of the last fill that stands, restated by the splits after it. */
export const ownPriceLines = (tables: Tables, { accountId, symbol }: Subject): readonly Line[] => {
  invariant(symbol !== null, 'a symbol was asked for');
  const key = holdingKey(accountId, symbol);
  const standing = tables.orderFills
    .group(key)
    .filter(({ status }) => status === 'booked' || status === 'corrected')
    .toSorted((left, right) => left.createdSequence - right.createdSequence);
  const last = standing.at(-1);
  if (last === undefined) return [];
  const { createdSequence: sequence, executedAt: at } = last;
  const lines: Line[] = [{ sequence, at, what: 'the last own fill', amount: last.price }];
  let price: bigint = last.price;
  for (const split of tables.stockSplits.group(key)) {
    if (split.sequence < sequence) continue;
    const restated = (price * BigInt(split.oldShares)) / BigInt(split.newShares);
    const what = `${split.newShares} shares for ${split.oldShares}`;
    lines.push({ sequence: split.sequence, at: split.at, what, amount: restated - price });
    price = restated;
  }
  return lines;
};

type Valued = ReturnType<typeof valued>;

/** One position's line of a figure that all positions add up to. */
export const positionLine = (
  tables: Tables,
  { position, price }: Valued,
  column: string,
  amount: bigint,
): Line => {
  const { symbol, quantity } = position;
  const market = tables.marketDataCache.get(symbol);
  return {
    sequence: market?.sequence ?? position.changedSequence,
    at: market?.markedAt ?? position.updatedAt,
    what: `${formatQuantity(quantity)} ${symbol} at ${formatPrice(price)}`,
    amount,
    see: { figure: `positions.${column}`, symbol },
  };
};
