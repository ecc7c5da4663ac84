import type { AccountEvent } from '#domain/account/events.ts';
import type { Execution } from '#domain/order/events.ts';
import type { Instant } from '#domain/time.ts';
import { price as priceText, shares as sharesText } from './cell-texts.ts';

/** One line of an account's statement. Cash as in domain/money (e18), quantity and price e9. */
export type Line = {
  readonly type: string;
  readonly amount: bigint;
  readonly description: string;
  readonly orderId?: string | null;
  readonly executionId?: string;
  readonly symbol?: string;
  readonly quantity?: bigint;
  readonly price?: bigint | null;
  readonly externalReference?: string | null;
  readonly at: Instant;
  readonly settlesAt?: Instant;
};

/** Cash or shares (18 decimals both) that a book has more. */
export type Leg = { readonly book: string; readonly commodity: string; readonly amount: bigint };

/** What an event moves. The legs sum to zero per commodity. */
export type Moves = { readonly lines: readonly Line[]; readonly legs: readonly Leg[] };

const currency = 'USD';
const shareToLeg = 10n ** 9n;

const keys = new Map<string, Map<string, string>>();

/** `book commodity`, made once: the books are looked up by it for every leg. */
export const bookKey = (book: string, commodity: string): string => {
  const ofBook = keys.get(book) ?? new Map<string, string>();
  keys.set(book, ofBook);
  const key = ofBook.get(commodity) ?? `${book} ${commodity}`;
  ofBook.set(commodity, key);
  return key;
};

/** The same for what a table says, which may be anything. */
export const knownBookKey = (book: string, commodity: string): string =>
  keys.get(book)?.get(commodity) ?? `${book} ${commodity}`;

/** What comes into the account, commodity by commodity, comes from another book. */
const legsOf = (
  ...brought: readonly (readonly [from: string, commodity: string, amount: bigint])[]
): readonly Leg[] => {
  const legs: Leg[] = [];
  for (const [from, commodity, amount] of brought) {
    if (amount === 0n) continue;
    legs.push({ book: 'account', commodity, amount }, { book: from, commodity, amount: -amount });
  }
  return legs;
};

type Movement = Extract<AccountEvent, { readonly externalReference: string | null }>;

const movements: { readonly [Type in Movement['type']]: readonly [string, string, bigint] } = {
  CashDeposited: ['deposit', 'external', 1n],
  CashWithdrawn: ['withdrawal', 'external', -1n],
  FeeCharged: ['fee', 'fees', -1n],
  InterestPaid: ['interest', 'interest', 1n],
  CashAdjusted: ['adjustment', 'adjustments', 1n],
  DividendPaid: ['dividend', 'dividends', 1n],
};

const movement = (event: Movement): Moves => {
  const [type, book, sign] = movements[event.type];
  const amount = sign * event.amount;
  const { description, externalReference, at } = event;
  const line = { type, amount, description, externalReference, at };
  const about =
    event.type === 'DividendPaid'
      ? { symbol: event.symbol, quantity: event.quantity, price: event.perShare }
      : {};
  return { lines: [{ ...line, ...about }], legs: legsOf([book, currency, amount]) };
};

/** Shares, cash and commission that a trade brings to the account. */
const broughtBy = (
  side: Execution['side'],
  quantity: bigint,
  price: bigint,
  commission: bigint,
): readonly [shares: bigint, cash: bigint, commission: bigint] =>
  side === 'buy'
    ? [quantity, -quantity * price, -commission]
    : [-quantity, quantity * price, -commission];

/** `words`: what the statement calls it, before `100 AAPL at 199.25`. */
const traded = (
  execution: Execution,
  words: readonly [trade: string, commission: string],
  [shares, cash, commission]: readonly [bigint, bigint, bigint],
  at: Instant,
  settlesAt?: Instant,
): Moves => {
  const { orderId, executionId, symbol, quantity, price } = execution;
  const settles = settlesAt === undefined ? {} : { settlesAt };
  const about = { orderId, executionId, symbol, quantity, price, at, ...settles };
  const what = `${sharesText(quantity)} ${symbol} at ${priceText(price)}`;
  const trade: Line = { ...about, type: 'trade', amount: cash, description: `${words[0]} ${what}` };
  const charge: Line = {
    ...about,
    type: 'commission',
    amount: commission,
    description: `Commission: ${words[1]} ${what}`,
  };
  return {
    lines: commission === 0n ? [trade] : [trade, charge],
    legs: legsOf(
      ['market', symbol, shares * shareToLeg],
      ['market', currency, cash],
      ['commission', currency, commission],
    ),
  };
};

/** What an event does to cash and shares; null for one that moves neither. */
export const movesOf = (event: AccountEvent): Moves | null => {
  switch (event.type) {
    case 'CashDeposited':
    case 'CashWithdrawn':
    case 'FeeCharged':
    case 'InterestPaid':
    case 'CashAdjusted':
    case 'DividendPaid':
      return movement(event);
    case 'OrderFilled': {
      const { side, quantity, price, commission } = event;
      const brought = broughtBy(side, quantity, price, commission);
      const words = side === 'buy' ? (['Buy', 'buy'] as const) : (['Sell', 'sell'] as const);
      return traded(event, words, brought, event.executedAt, event.settlesAt);
    }
    case 'FillBusted': {
      const { side, quantity, price, commission } = event;
      const [shares, cash, charge] = broughtBy(side, quantity, price, commission);
      const words = [`Bust of ${side}`, `bust of ${side}`] as const;
      return traded(event, words, [-shares, -cash, -charge], event.bustedAt);
    }
    case 'FillCorrected': {
      const { side, previousQuantity, previousPrice, previousCommission } = event;
      const now = broughtBy(side, event.quantity, event.price, event.commission);
      const old = broughtBy(side, previousQuantity, previousPrice, previousCommission);
      const change = [now[0] - old[0], now[1] - old[1], now[2] - old[2]] as const;
      const words = [`Correction to ${side}`, `correction to ${side}`] as const;
      return traded(event, words, change, event.correctedAt);
    }
    case 'StockSplit': {
      const { symbol, cashInLieu: amount, fraction: quantity, referencePrice: price, at } = event;
      const shares = (event.quantityAfter - event.quantityBefore) * shareToLeg;
      const description = `Cash in lieu of ${sharesText(quantity)} ${symbol}`;
      const line: Line = { type: 'split_cash', amount, description, symbol, quantity, price, at };
      return {
        lines: amount === 0n ? [] : [line],
        legs: legsOf(
          ['corporate_actions', symbol, shares],
          ['corporate_actions', currency, amount],
        ),
      };
    }
    default:
      return null;
  }
};
