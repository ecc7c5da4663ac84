import type { AccountCommand } from '#commands/commands.ts';
import type { BrokerReport } from '#commands/ports/broker.ts';
import type { Quote, Quotes } from '#commands/ports/quotes.ts';
import type { AccountPolicy, CommissionSchedule } from '#domain/account/policy.ts';
import type {
  AccountId,
  BrokerOrderId,
  ClientOrderId,
  ExecutionId,
  OrderId,
  Symbol as Ticker,
} from '#domain/ids.ts';
import {
  type Cash,
  cash,
  type Price,
  price,
  type Quantity,
  quantity,
  ratio,
  zeroCash,
} from '#domain/money.ts';
import type { OrderTerms, OrderType, Side, TimeInForce } from '#domain/order/terms.ts';
import { type Instant, instant } from '#domain/time.ts';

/** A Friday before noon in New York. */
export const noon = instant('2014-01-03T16:00:00Z');
export const accountOne = '00000000-0000-4000-8000-000000000001' as AccountId;

export const asShares = (text: string): Quantity => quantity(text);
export const asPrice = (text: string): Price => price(text);
export const asCash = (text: string): Cash => cash(text);
export const ticker = (text: string): Ticker => text as Ticker;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A uuid from a short name, always the same one; a uuid stays what it is. */
export const orderId = (text: string): OrderId => {
  if (uuid.test(text)) return text as OrderId;
  const digits = [...text].map((letter) => letter.charCodeAt(0).toString(16)).join('');
  return `00000000-0000-4000-a000-${digits.slice(-12).padStart(12, '0')}` as OrderId;
};

export const noCommission: CommissionSchedule = { kind: 'fixed', amount: zeroCash };

export const policyWith = (over: Partial<AccountPolicy> = {}): AccountPolicy => ({
  kind: 'margin',
  currency: 'USD',
  commission: noCommission,
  limits: { positionNotional: null, leverage: null, orderNotional: null },
  settlementDays: 0,
  broker: 'paper',
  ...over,
});

export const openAccount = (over: Partial<AccountPolicy> = {}): AccountCommand => ({
  type: 'OpenAccount',
  accountId: accountOne,
  accountNumber: 'A-1',
  userId: null,
  policy: policyWith(over),
  at: noon,
});

const movement = (amount: string, at: Instant) => ({
  amount: cash(amount),
  description: 'a test',
  externalReference: null,
  at,
});
export const deposit = (amount: string, at = noon): AccountCommand => ({
  type: 'DepositCash',
  ...movement(amount, at),
});
export const withdraw = (amount: string, at = noon): AccountCommand => ({
  type: 'WithdrawCash',
  ...movement(amount, at),
});
export const fee = (amount: string): AccountCommand => ({
  type: 'ChargeFee',
  ...movement(amount, noon),
});
export const interest = (amount: string): AccountCommand => ({
  type: 'PayInterest',
  ...movement(amount, noon),
});
export const adjustment = (amount: string): AccountCommand => ({
  type: 'AdjustCash',
  reason: 'a mistake of the past',
  ...movement(amount, noon),
});
export const dividend = (perShare: string, symbol = 'ACME'): AccountCommand => ({
  type: 'PayDividend',
  symbol: ticker(symbol),
  perShare: price(perShare),
  description: 'a test',
  externalReference: null,
  at: noon,
});
export const reportedWithdrawal = (amount: string): AccountCommand => ({
  type: 'ReportWithdrawal',
  ...movement(amount, noon),
  externalReference: 'outside:gone',
});
export const reportedDividend = (amount: string, symbol = 'ACME'): AccountCommand => ({
  type: 'ReportDividend',
  symbol: ticker(symbol),
  amount: cash(amount),
  quantity: null,
  perShare: null,
  description: 'a test',
  externalReference: 'outside:paid',
  at: noon,
});
export const split = (
  newShares: bigint,
  oldShares: bigint,
  over: Partial<Extract<AccountCommand, { type: 'SplitStock' }>> = {},
): AccountCommand => ({
  type: 'SplitStock',
  symbol: ticker('ACME'),
  newShares,
  oldShares,
  wholeShares: false,
  referencePrice: null,
  at: noon,
  ...over,
});
export const standing = (
  type: 'SuspendAccount' | 'ReinstateAccount' | 'CloseAccount',
): AccountCommand => ({ type, reason: 'a test', at: noon });

/** Terms in words; what is not said is a market buy of ACME for the day. */
export type TermsInWords = {
  readonly symbol?: string;
  readonly side?: Side;
  readonly type?: OrderType;
  readonly timeInForce?: TimeInForce;
  readonly quantity?: string | null;
  readonly notional?: string;
  readonly limit?: string;
  readonly stop?: string;
  readonly trail?: string;
  readonly trailPercent?: string;
};

const ifGiven = <T>(text: string | undefined | null, read: (text: string) => T): T | null =>
  text === undefined || text === null ? null : read(text);

const typeOf = ({ limit, stop, trail, trailPercent }: TermsInWords): OrderType => {
  if (trail !== undefined || trailPercent !== undefined) return 'trailing_stop';
  if (stop !== undefined) return limit === undefined ? 'stop' : 'stop_limit';
  return limit === undefined ? 'market' : 'limit';
};

/** A market buy of 100 ACME for the day, but for what the test is about; a price given makes the type. */
export const terms = (words: TermsInWords = {}): OrderTerms => ({
  symbol: ticker(words.symbol ?? 'ACME'),
  side: words.side ?? 'buy',
  type: words.type ?? typeOf(words),
  timeInForce: words.timeInForce ?? 'day',
  quantity:
    words.quantity === undefined && words.notional === undefined
      ? quantity('100')
      : ifGiven(words.quantity, quantity),
  notional: ifGiven(words.notional, cash),
  limitPrice: ifGiven(words.limit, price),
  stopPrice: ifGiven(words.stop, price),
  trailAmount: ifGiven(words.trail, price),
  trailPercent: ifGiven(words.trailPercent, ratio),
});

export const submit = (id: string, words: TermsInWords = {}, at = noon): AccountCommand => ({
  type: 'SubmitOrder',
  orderId: orderId(id),
  clientOrderId: `client-${id}` as ClientOrderId,
  terms: terms(words),
  at,
});

export type ChangesInWords = Pick<
  TermsInWords,
  'quantity' | 'limit' | 'stop' | 'trail' | 'trailPercent' | 'timeInForce'
>;

export const replace = (id: string, by: string, changes: ChangesInWords): AccountCommand => ({
  type: 'ReplaceOrder',
  orderId: orderId(id),
  replacementId: orderId(by),
  clientOrderId: `client-${by}` as ClientOrderId,
  changes: {
    quantity: ifGiven(changes.quantity, quantity),
    limitPrice: ifGiven(changes.limit, price),
    stopPrice: ifGiven(changes.stop, price),
    trailAmount: ifGiven(changes.trail, price),
    trailPercent: ifGiven(changes.trailPercent, ratio),
    timeInForce: changes.timeInForce ?? null,
  },
  at: noon,
});

export const cancel = (id: string): AccountCommand => ({
  type: 'CancelOrder',
  orderId: orderId(id),
  at: noon,
});
export const cancelAll = (symbol: string | null = null): AccountCommand => ({
  type: 'CancelAllOrders',
  symbol: ifGiven(symbol, ticker),
  at: noon,
});
export const close = (id: string, symbol = 'ACME', shares?: string): AccountCommand => ({
  type: 'ClosePosition',
  symbol: ticker(symbol),
  quantity: ifGiven(shares, quantity),
  orderId: orderId(id),
  clientOrderId: `client-${id}` as ClientOrderId,
  at: noon,
});

type FillInWords = {
  readonly symbol?: string;
  readonly side?: Side;
  readonly commission?: string;
  readonly at?: Instant;
};

/** A fill of an order, or of none (null): `fill('x1', 'o1', '40', '10.5')`. */
export const fill = (
  executionId: string,
  order: string | null,
  shares: string,
  at: string,
  words: FillInWords = {},
): Extract<BrokerReport, { type: 'Fill' }> => ({
  type: 'Fill',
  executionId: executionId as ExecutionId,
  orderId: ifGiven(order, orderId),
  symbol: ticker(words.symbol ?? 'ACME'),
  side: words.side ?? 'buy',
  quantity: quantity(shares),
  price: price(at),
  commission: ifGiven(words.commission, cash),
  liquidity: 'removed',
  venue: 'XNYS',
  at: words.at ?? noon,
});

export const bust = (executionId: string): BrokerReport => ({
  type: 'BustFill',
  executionId: executionId as ExecutionId,
  reason: 'a test',
  at: noon,
});
export const correct = (
  executionId: string,
  shares: string,
  at: string,
  commission?: string,
): BrokerReport => ({
  type: 'CorrectFill',
  executionId: executionId as ExecutionId,
  quantity: quantity(shares),
  price: price(at),
  commission: ifGiven(commission, cash),
  reason: 'a test',
  at: noon,
});

const brokerOrderId = (id: string): BrokerOrderId => `broker-${id}` as BrokerOrderId;

export const acceptance = (id: string): BrokerReport => ({
  type: 'AcceptOrder',
  orderId: orderId(id),
  brokerOrderId: brokerOrderId(id),
  at: noon,
});
export const rejection = (id: string): BrokerReport => ({
  type: 'RejectOrder',
  orderId: orderId(id),
  reason: 'a test',
  at: noon,
});
export const trigger = (id: string, at = '10'): BrokerReport => ({
  type: 'TriggerOrder',
  orderId: orderId(id),
  triggerPrice: price(at),
  at: noon,
});
export const trailing = (id: string, mark: string, stop: string): BrokerReport => ({
  type: 'TrailStop',
  orderId: orderId(id),
  highWaterMark: price(mark),
  stopPrice: price(stop),
  at: noon,
});
export const canceled = (id: string): BrokerReport => ({
  type: 'ConfirmCancel',
  orderId: orderId(id),
  reason: 'requested',
  at: noon,
});
export const cancelDenied = (id: string): BrokerReport => ({
  type: 'RejectCancel',
  orderId: orderId(id),
  reason: 'too late',
  at: noon,
});
export const replaceConfirmed = (id: string, by: string): BrokerReport => ({
  type: 'ConfirmReplace',
  orderId: orderId(id),
  replacementId: orderId(by),
  brokerOrderId: brokerOrderId(by),
  at: noon,
});
export const replaceDenied = (id: string, by: string): BrokerReport => ({
  type: 'RejectReplace',
  orderId: orderId(id),
  replacementId: orderId(by),
  reason: 'too late',
  at: noon,
});
export const expiry = (id: string): BrokerReport => ({
  type: 'ExpireOrder',
  orderId: orderId(id),
  at: noon,
});

const oneCent = price('0.01');

/** A quote a cent wide around `last`; below 2 cents, without a spread. */
export const quoteOf = (symbol: string, last: Price, at = noon): Quote => {
  const half = last > 2n * oneCent ? oneCent : 0n;
  return {
    symbol: ticker(symbol),
    price: last,
    bid: (last - half) as Price,
    ask: (last + half) as Price,
    at,
  };
};

/** A market by symbol: `quotesOf({ ACME: '10' })`. Symbols not named are unknown to it. */
export const quotesOf = (lasts: Readonly<Record<string, string>> = { ACME: '10' }): Quotes => {
  const known = new Map(
    Object.entries(lasts).map(([symbol, last]) => [symbol, quoteOf(symbol, price(last))]),
  );
  return { latest: (symbol) => known.get(symbol) };
};
