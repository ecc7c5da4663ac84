import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import { readCash, readPrice, readQuantity } from './decimals.ts';
import { momentOf } from './json-fields.ts';
import { asSchema, type JsonRow, jsonObject } from './json-rows.ts';
import { type JsonLine, jsonLine } from './json-schema.ts';
import { RowTrouble } from './row-trouble.ts';
import { tradeLine } from './stated-trade.ts';
import { createStatementDraft } from './statement-draft.ts';
import { tickerOf } from './symbols.ts';

const instantOf = (text: string): Instant => {
  const at = momentOf(text);
  if (at === undefined) {
    throw new RowTrouble('bad_date', `at "${text}" is no instant such as 2014-01-03T21:00:00Z`);
  }
  return at;
};

const symbolOf = (text: string): Ticker => {
  const symbol = tickerOf(text);
  if (symbol === undefined) throw new RowTrouble('bad_field', `symbol: "${text}" is no ticker`);
  return symbol;
};

type Line<Kind extends JsonLine['kind']> = Extract<JsonLine, { kind: Kind }>;
type About = Pick<StatementLine, 'row' | 'at' | 'reference' | 'description'>;

const tradeOf = (line: Line<'trade'>, about: About): StatementLine =>
  tradeLine({
    ...about,
    symbol: symbolOf(line.symbol),
    side: line.side,
    quantity: readQuantity(line.quantity, 'quantity'),
    price: readPrice(line.price, 'price'),
    commission: readCash(line.commission, 'commission'),
    amount: line.amount === undefined ? undefined : readCash(line.amount, 'amount'),
  });

const cashOf = (line: Line<'cash'>, about: About): StatementLine => {
  const { category } = line;
  const amount = readCash(line.amount, 'amount');
  const isWrong =
    amount === 0n ||
    (category === 'deposit' && amount < 0n) ||
    (category === 'withdrawal' && amount > 0n);
  if (isWrong) throw new RowTrouble('bad_field', `amount: "${line.amount}" for a ${category}`);
  return { ...about, kind: 'cash', category, amount };
};

const dividendOf = (line: Line<'dividend'>, about: About): StatementLine => {
  const amount = readCash(line.amount, 'amount');
  if (amount === 0n) throw new RowTrouble('bad_field', 'amount: "0" for a dividend');
  const { quantity, per_share: perShare } = line;
  return {
    ...about,
    kind: 'dividend',
    symbol: symbolOf(line.symbol),
    amount,
    quantity: quantity === null ? null : readQuantity(quantity, 'quantity'),
    perShare: perShare === null ? null : readPrice(perShare, 'per_share'),
  };
};

const splitOf = (line: Line<'split'>, about: About): StatementLine => {
  const { fraction_price: fractionPrice } = line;
  const [newShares, oldShares] = [BigInt(line.new_shares), BigInt(line.old_shares)];
  if (newShares === oldShares) throw new RowTrouble('split_ratio_unknown', '1 for 1 is no split');
  return {
    ...about,
    kind: 'split',
    symbol: symbolOf(line.symbol),
    newShares,
    oldShares,
    wholeShares: line.whole_shares,
    ...(fractionPrice !== undefined && {
      fractionPrice: readPrice(fractionPrice, 'fraction_price'),
    }),
  };
};

const correctionOf = (line: Line<'correction'>, about: About): StatementLine => {
  const quantity = readQuantity(line.quantity, 'quantity');
  const commission = readCash(line.commission, 'commission');
  if (quantity <= 0n)
    throw new RowTrouble('quantity_missing', 'a correction to no shares is a bust');
  if (commission < 0n) throw new RowTrouble('bad_field', 'commission: must be zero or more');
  const price = readPrice(line.price, 'price');
  const { trade, reason } = line;
  return { ...about, kind: 'correction', trade, quantity, price, commission, reason };
};

const lineOf = (line: JsonLine, row: number): StatementLine => {
  const { reference, description } = line;
  const about = { row, at: instantOf(line.at), reference, description };
  switch (line.kind) {
    case 'trade':
      return tradeOf(line, about);
    case 'cash':
      return cashOf(line, about);
    case 'dividend':
      return dividendOf(line, about);
    case 'split':
      return splitOf(line, about);
    case 'split_shares': {
      const change = readQuantity(line.change, 'change');
      if (change === 0n) throw new RowTrouble('quantity_missing', 'a split that changes nothing');
      return { ...about, kind: 'split_shares', symbol: symbolOf(line.symbol), change };
    }
    case 'bust':
      return { ...about, kind: 'bust', trade: line.trade, reason: line.reason };
    case 'correction':
      return correctionOf(line, about);
  }
};

/** Our own lines, told apart by `kind`. */
export const readJsonLines = (rows: readonly JsonRow[]): BrokerStatement => {
  const draft = createStatementDraft();
  for (const row of rows) {
    draft.reading(row.number, () => [lineOf(asSchema(jsonLine, jsonObject(row)), row.number)]);
  }
  return draft.finish('json-lines', { newestFirst: false });
};
