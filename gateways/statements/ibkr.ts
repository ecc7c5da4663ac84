import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import { absolute, type Cash, formatQuantity, negate, zeroCash } from '#domain/money.ts';
import type { CsvTable } from './csv-table.ts';
import { readCash, readPrice, readQuantity } from './decimals.ts';
import { type CsvLayout, columnsOf, hasColumns, meaningOf } from './layout.ts';
import { createReferences } from './references.ts';
import { RowTrouble } from './row-trouble.ts';
import { tradeLine } from './stated-trade.ts';
import { createStatementDraft, rankByDay } from './statement-draft.ts';
import { type FindSymbol, tickerOf } from './symbols.ts';
import { atClose, atWallClock, yearFirst } from './times.ts';

const zone = 'America/New_York';

/** `20230522`, or with a time of day `20230522;093000`. */
const momentOf = (text: string) => {
  const [date = '', time] = text.split(/[;, ]/);
  const day = yearFirst(date);
  if (time === undefined || time === '') return atClose(day);
  return atWallClock(day, time.replace(/^(\d{2})(\d{2})(\d{2})$/, '$1:$2:$3'), zone);
};

const usdOnly = (currency: string, what: string): void => {
  if (currency !== 'USD') {
    throw new RowTrouble('currency_not_supported', `${what} in ${currency || 'no currency'}`);
  }
};

type Cell = (name: string) => string;
type Reference = ReturnType<typeof createReferences>;

/** A row without an instrument trades one currency for another; its money side is in USD. */
const conversion = (cell: Cell, row: number, reference: Reference): StatementLine => {
  const quantity = readQuantity(cell('Quantity'), 'Quantity');
  const amount = negate(readCash(cell('TradeMoney'), 'TradeMoney'));
  const at = momentOf(cell('TradeDate'));
  const [rate, fee, feeIn] = ['TradePrice', 'IBCommission', 'IBCommissionCurrency'].map(cell);
  const isFeeElsewhere = feeIn !== 'USD' && feeIn !== '';
  const commission = isFeeElsewhere ? 0n : readCash(fee || '0', 'IBCommission');
  const away = isFeeElsewhere ? `; commission ${fee} ${feeIn}, not in USD` : '';
  return {
    kind: 'cash',
    category: 'conversion',
    row,
    at,
    amount: (amount + commission) as Cash,
    description: `Currency conversion of ${formatQuantity(absolute(quantity))} at ${rate}${away}`,
    reference: reference(['conversion', at, quantity, rate ?? null, amount, fee ?? null]),
  };
};

/** What IBKR pays for adding liquidity is no commission of less than nothing. */
const rebateOf = (trade: StatementLine, amount: Cash): StatementLine => ({
  kind: 'cash',
  category: 'adjustment',
  row: trade.row,
  at: trade.at,
  reference: `${trade.reference}:rebate`,
  description: `Commission given back, ${trade.description}`,
  amount,
});

const tradeOf = (cell: Cell, row: number, find: FindSymbol, reference: Reference) => {
  usdOnly(cell('CurrencyPrimary'), 'a trade');
  if (cell('ISIN') === '' && cell('Symbol') === '') return [conversion(cell, row, reference)];
  const side = cell('Buy/Sell').toLowerCase();
  if (side !== 'buy' && side !== 'sell') {
    throw new RowTrouble('action_not_supported', `Buy/Sell is "${cell('Buy/Sell')}"`);
  }
  if (cell('IBCommissionCurrency') !== '') usdOnly(cell('IBCommissionCurrency'), 'a commission');
  const quantity = absolute(readQuantity(cell('Quantity'), 'Quantity'));
  const price = readPrice(cell('TradePrice'), 'TradePrice');
  const money = negate(readCash(cell('TradeMoney'), 'TradeMoney'));
  const commission = negate(readCash(cell('IBCommission') || '0', 'IBCommission'));
  const at = momentOf(cell('TradeDate'));
  const isin = cell('ISIN');
  const isRebate = commission < 0n;
  const paid = isRebate ? zeroCash : commission;
  const trade = tradeLine({
    row,
    at,
    reference: reference(['trade', at, isin, side, quantity, price, money, commission]),
    description: `${side} ${isin}`,
    symbol: find(isin, cell('Symbol')),
    side,
    quantity,
    price,
    commission: paid,
    amount: (money - paid) as Cash,
  });
  return isRebate ? [trade, rebateOf(trade, negate(commission))] : [trade];
};

/** IBKR's types of cash transactions. */
export const ibkrTypes: Readonly<
  Record<string, 'dividend' | Extract<StatementLine, { kind: 'cash' }>['category']>
> = {
  Dividends: 'dividend',
  'Payment In Lieu Of Dividends': 'dividend',
  'Withholding Tax': 'tax',
  'Broker Interest Paid': 'interest',
  'Broker Interest Received': 'interest',
  'Other Fees': 'fee',
  'Commission Adjustments': 'adjustment',
  'Deposits/Withdrawals': 'deposit',
  'Deposits & Withdrawals': 'deposit',
};

const perShareOf = (description: string) => {
  const stated = /DIVIDEND USD ([\d.]+) PER SHARE/.exec(description)?.[1];
  return stated === undefined ? null : readPrice(stated, 'dividend per share');
};

/** What a dividend's description begins with: `VT(US9220427424)`. */
const tickerIn = (description: string): string => /^([^(]+)\(/.exec(description)?.[1] ?? '';

const cashOf = (cell: Cell, row: number, find: FindSymbol, reference: Reference): StatementLine => {
  const kind = meaningOf(ibkrTypes, cell('Type'));
  if (kind === undefined) {
    throw new RowTrouble('action_not_supported', `cash transactions of type "${cell('Type')}"`);
  }
  usdOnly(cell('CurrencyPrimary'), kind === 'dividend' ? 'a dividend' : `a ${kind}`);
  const amount = readCash(cell('Amount'), 'Amount');
  const at = momentOf(cell('SettleDate'));
  const description = cell('Description');
  const isin = cell('ISIN');
  const what = reference([cell('Type'), at, isin, description, amount]);
  const about = { row, at, reference: what, description, amount };
  if (kind === 'dividend') {
    const symbol = find(isin, tickerIn(description));
    return { ...about, kind, symbol, quantity: null, perShare: perShareOf(description) };
  }
  const category = kind === 'deposit' && amount < 0n ? 'withdrawal' : kind;
  return { ...about, kind: 'cash', category };
};

const isTrades = (header: readonly string[]): boolean =>
  hasColumns(header, 'Buy/Sell', 'TradeDate', 'Quantity', 'TradePrice', 'TradeMoney');
const isCash = (header: readonly string[]): boolean =>
  hasColumns(header, 'Type', 'SettleDate', 'Description', 'Amount', 'CurrencyPrimary');

const read = ({ header, rows }: CsvTable, find: FindSymbol): BrokerStatement => {
  const draft = createStatementDraft();
  const reference = createReferences();
  const column = columnsOf(header);
  for (const { number, cells } of rows) {
    const cell: Cell = (name) => column(cells, name);
    draft.reading(number, () =>
      isTrades(header)
        ? tradeOf(cell, number, find, reference)
        : [cashOf(cell, number, find, reference)],
    );
  }
  return draft.finish('ibkr', { rank: rankByDay, newestFirst: false });
};

/** Descriptions of dividends name the symbol of an ISIN, which the trades leave out. */
const symbolsIn = ({ header, rows }: CsvTable): ReadonlyMap<string, Ticker> => {
  const column = columnsOf(header);
  const found = new Map<string, Ticker>();
  for (const { cells } of rows) {
    const ticker = tickerOf(column(cells, 'Symbol') || tickerIn(column(cells, 'Description')));
    const isin = column(cells, 'ISIN');
    if (ticker !== undefined && isin !== '') found.set(isin.toUpperCase(), ticker);
  }
  return found;
};

/** Interactive Brokers' Flex queries: Trades, and Cash Transactions. */
export const ibkr: CsvLayout = {
  name: 'ibkr',
  title: 'Interactive Brokers, Flex queries Trades and Cash Transactions',
  times:
    'Dates, taken as the close in New York (16:00). `YYYYMMDD;HHMMSS` is read as New York time, the zone that Flex queries use unless they are told another.',
  recognises: (header) => isTrades(header) || isCash(header),
  symbolsIn,
  read,
};
