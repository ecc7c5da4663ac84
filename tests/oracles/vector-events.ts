import { roundedTo } from '#api/demo/decimal-text.ts';
import type { Handled } from '#commands/ledger.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import { sessionDateOf } from '#domain/market/calendar.ts';
import {
  absolute,
  type Cash,
  negate,
  notional,
  type Price,
  type Quantity,
  subtract,
} from '#domain/money.ts';
import { reduceByMethod } from './reduce-lots.ts';
import {
  type Fields,
  listOf,
  onlyKnown,
  optionalText,
  text,
  toCash,
  toPrice,
  toQuantity,
} from './vector.ts';
import { adjustCash, averageOf, moveCash, trade } from './vector-account.ts';
import type { VectorRun } from './vector-run.ts';

const symbolOf = (event: Fields, where: string): Ticker =>
  text(event['symbol'], `${where}.symbol`) as Ticker;

/** What an event came to: an error where the ledger, or its lots, said no. */
export type Happened = { readonly error: string | null };

const fine: Happened = { error: null };
const answered = (handled: Handled | null): Happened =>
  handled?.kind === 'refused' ? { error: handled.refusal.code } : fine;

type Happening = {
  readonly fields: readonly string[];
  readonly happen: (run: VectorRun, event: Fields, where: string) => Promise<Happened>;
};

const signedOf = (event: Fields, where: string): Quantity => {
  const quantity = toQuantity(event['qty'], `${where}.qty`);
  const side = optionalText(event['side'], `${where}.side`)?.toUpperCase();
  if (side === undefined) return quantity;
  if (side !== 'BUY' && side !== 'SELL') throw new TypeError(`${where}.side: unknown: ${side}`);
  return side === 'SELL' ? negate(absolute(quantity)) : absolute(quantity);
};

/**
 * `fee` is commission. Where the broker's `amount` moved the cash, what it differs by from quantity × price and fee is a
 * cash adjustment: neither the price nor the fee is other than stated.
 */
const fill: Happening = {
  fields: ['symbol', 'side', 'qty', 'price', 'fee', 'amount'],
  happen: async ({ account }, event, where) => {
    const symbol = symbolOf(event, where);
    const signed = signedOf(event, where);
    const price = toPrice(event['price'], `${where}.price`);
    const commission = toCash(event['fee'] ?? '0', `${where}.fee`);
    const handled = await trade(account, symbol, signed, { price, commission });
    if (event['amount'] !== undefined && handled.kind === 'done') {
      const moved = negate((notional(price, signed) + commission) as Cash);
      const amount = toCash(event['amount'], `${where}.amount`);
      await adjustCash(account, subtract(amount, moved), 'broker posts cents');
    }
    return answered(handled);
  },
};

const mark: Happening = {
  fields: ['symbol', 'price'],
  happen: async ({ account }, event, where) => {
    const price = toPrice(event['price'], `${where}.price`);
    const prices = { open: price, high: price, low: price, close: price };
    const markedAt = account.now();
    const session = sessionDateOf(markedAt);
    const symbol = symbolOf(event, where);
    await account.world.market.markPrices([{ symbol, session, ...prices, markedAt }], 'vector');
    return fine;
  },
};

const greatestDivisor = (left: bigint, right: bigint): bigint =>
  right === 0n ? left : greatestDivisor(right, left % right);

/** new : old shares of a decimal `new ÷ old`. */
const ratioOf = (decimal: string): { readonly newShares: bigint; readonly oldShares: bigint } => {
  const scaled = roundedTo(decimal, 18);
  const divisor = greatestDivisor(scaled, 10n ** 18n);
  return { newShares: scaled / divisor, oldShares: 10n ** 18n / divisor };
};

/** A price factor is old ÷ new shares. */
const splitRatio = (event: Fields, where: string) => {
  if (event['price_factor'] !== undefined) {
    const factor = ratioOf(text(event['price_factor'], `${where}.price_factor`));
    return { newShares: factor.oldShares, oldShares: factor.newShares };
  }
  if (event['ratio'] !== undefined) return ratioOf(text(event['ratio'], `${where}.ratio`));
  return {
    newShares: BigInt(text(event['new_shares'], `${where}.new_shares`)),
    oldShares: BigInt(text(event['old_shares'] ?? '1', `${where}.old_shares`)),
  };
};

/** With a reference price, fractions are paid in cash; without one they are kept. */
const split: Happening = {
  fields: ['symbol', 'new_shares', 'old_shares', 'ratio', 'price_factor', 'reference_price'],
  happen: async ({ account }, event, where) => {
    const reference = optionalText(event['reference_price'], `${where}.reference_price`);
    const handled = await account.tell({
      type: 'SplitStock',
      symbol: symbolOf(event, where),
      ...splitRatio(event, where),
      wholeShares: reference !== null,
      referencePrice: reference === null ? null : toPrice(reference, where),
      at: account.now(),
    });
    return answered(handled);
  },
};

/** An amount without a rate is the rate times the shares held, which must come out even. */
const perShareOf = (run: VectorRun, event: Fields, where: string): Price => {
  if (event['per_share'] !== undefined) return toPrice(event['per_share'], `${where}.per_share`);
  const held = run.account.position(symbolOf(event, where))?.quantity ?? 0n;
  const amount = toCash(event['amount'], `${where}.amount`);
  if (held === 0n || amount % held !== 0n) {
    throw new TypeError(`${where}.amount: no whole rate per share`);
  }
  return (amount / held) as Price;
};

const dividend: Happening = {
  fields: ['symbol', 'per_share', 'amount'],
  happen: async (run, event, where) => {
    const handled = await run.account.tell({
      type: 'PayDividend',
      symbol: symbolOf(event, where),
      perShare: perShareOf(run, event, where),
      description: 'dividend',
      externalReference: null,
      at: run.account.now(),
    });
    return answered(handled);
  },
};

/** Deposits where positive, withdrawals where negative. */
const transfer = (sign: 1n | -1n): Happening => ({
  fields: ['amount'],
  happen: async ({ account }, event, where) => {
    const amount = toCash(event['amount'], `${where}.amount`);
    return answered(await moveCash(account, (amount * sign) as Cash));
  },
});

const booked = (type: 'ChargeFee' | 'PayInterest'): Happening => ({
  fields: ['amount', 'symbol'],
  happen: async ({ account }, event, where) => {
    const amount = toCash(event['amount'], `${where}.amount`);
    const movement = { description: type, externalReference: null, at: account.now() };
    return answered(await account.tell({ type, amount, ...movement }));
  },
});

/** Takes shares out of lots without a price of their own: a sale at average cost, matched by the vector's method. */
const reduce: Happening = {
  fields: ['symbol', 'qty', 'price', 'cost', 'date', 'label', 'lots'],
  happen: async (run, event, where) => {
    const symbol = symbolOf(event, where);
    const quantity = absolute(toQuantity(event['qty'], `${where}.qty`));
    const error = reduceByMethod(run, symbol, quantity, {
      cost: optionalText(event['cost'], `${where}.cost`),
      date: optionalText(event['date'], `${where}.date`),
      label: optionalText(event['label'], `${where}.label`),
      picks: event['lots'] === undefined ? [] : listOf(event['lots'], `${where}.lots`),
    });
    const position = run.account.position(symbol);
    if (error !== null || position === undefined) return { error };
    const price =
      event['price'] === undefined ? averageOf(position) : toPrice(event['price'], where);
    const signed = position.quantity > 0n ? negate(quantity) : quantity;
    return answered(await trade(run.account, symbol, signed, { price }));
  },
};

/** Adds a lot at its cost. */
const augment: Happening = {
  fields: ['symbol', 'qty', 'cost', 'date', 'label'],
  happen: async (run, event, where) => {
    const price = toPrice(event['cost'], `${where}.cost`);
    const symbol = symbolOf(event, where);
    return answered(await trade(run.account, symbol, signedOf(event, where), { price }));
  },
};

const clock: Happening = { fields: [], happen: async () => fine };

const happenings: Readonly<Record<string, Happening>> = {
  fill,
  mark,
  split,
  dividend,
  cash: transfer(1n),
  deposit: transfer(1n),
  withdrawal: transfer(-1n),
  fee: booked('ChargeFee'),
  interest: booked('PayInterest'),
  reduce,
  augment,
  clock,
};

/** Lets an event happen to the account. Throws where it is of a kind, or has a field, that we do not know. */
export const happen = async (run: VectorRun, event: Fields, where: string): Promise<Happened> => {
  const type = text(event['type'], `${where}.type`);
  const happening = happenings[type];
  if (happening === undefined) throw new TypeError(`${where}.type: unknown: ${type}`);
  onlyKnown(event, ['type', 'ts', 'note', ...happening.fields], where);
  run.account.advance(optionalText(event['ts'], `${where}.ts`));
  return happening.happen(run, event, where);
};
