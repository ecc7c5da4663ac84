import type {
  AccountId,
  BreakId,
  BrokerOrderId,
  ClientOrderId,
  ExecutionId,
  OrderId,
  Symbol as Ticker,
} from '#domain/ids.ts';
import { cash, price, quantity, ratio } from '#domain/money.ts';
import type { Execution } from '#domain/order/events.ts';
import type { OrderTerms, Reservation } from '#domain/order/terms.ts';
import type { EventType, LedgerEvent } from '#domain/recorded-event.ts';
import { instant, type SessionDate } from '#domain/time.ts';

const at = instant('2024-02-29T14:30:00.123456Z');
const later = instant('2024-02-29T21:00:00Z');
const orderId = '0190a1b2-c3d4-7e5f-8a6b-0123456789ab' as OrderId;
const replacementId = '0190a1b2-c3d4-7e5f-8a6b-0123456789ac' as OrderId;
const clientOrderId = 'my "first" order\\1' as ClientOrderId;
const accountId = '0190a1b2-c3d4-7e5f-8a6b-0123456789aa' as AccountId;
const breakId = '0123456789abcdef0123' as BreakId;
const symbol = 'BRK.B' as Ticker;
const session = '2024-02-29' as SessionDate;

const terms: OrderTerms = {
  symbol,
  side: 'sell',
  type: 'trailing_stop',
  timeInForce: 'gtc',
  quantity: quantity('10.000000001'),
  notional: null,
  limitPrice: null,
  stopPrice: price('401.5'),
  trailAmount: null,
  trailPercent: ratio('1.5'),
};

const notionalTerms: OrderTerms = {
  ...terms,
  side: 'buy',
  type: 'market',
  timeInForce: 'day',
  quantity: null,
  notional: cash('2500.000000000000000001'),
  stopPrice: null,
  trailPercent: null,
};

const reservation: Reservation = {
  closing: quantity('10'),
  opening: quantity('0.000000001'),
  cashPerShare: price('402.345678901'),
  fixedCash: cash('0.000000000000000001'),
};

const movement = {
  amount: cash('100000'),
  description: 'Überweisung "März"',
  externalReference: null,
  at,
};

const execution: Execution = {
  executionId: 'paper-1' as ExecutionId,
  orderId,
  symbol,
  side: 'buy',
  quantity: quantity('3.25'),
  price: price('401.123456789'),
  commission: cash('0.104292098765139999'),
  liquidity: 'removed',
  venue: 'paper',
  executedAt: at,
};

/** One event of each type, with values at the edge of what their fields hold. */
export const eventSamples: {
  readonly [Type in EventType]: Extract<LedgerEvent, { readonly type: Type }>;
} = {
  AccountOpened: {
    type: 'AccountOpened',
    accountId: '0190a1b2-c3d4-7e5f-8a6b-0123456789aa' as AccountId,
    accountNumber: 'A-1001',
    userId: null,
    policy: {
      kind: 'margin',
      currency: 'USD',
      commission: { kind: 'per_share', rate: price('0.005'), minimum: cash('1') },
      limits: { positionNotional: cash('1000000'), leverage: ratio('2'), orderNotional: null },
      settlementDays: 1,
      broker: 'paper',
    },
    openedAt: at,
  },
  CashDeposited: { type: 'CashDeposited', ...movement, externalReference: 'wire 7' },
  CashWithdrawn: { type: 'CashWithdrawn', ...movement },
  FeeCharged: { type: 'FeeCharged', ...movement, amount: cash('0.01') },
  InterestPaid: { type: 'InterestPaid', ...movement, amount: cash('-12.34') },
  CashAdjusted: { type: 'CashAdjusted', ...movement, amount: cash('-5'), reason: 'double booked' },
  DividendPaid: {
    type: 'DividendPaid',
    ...movement,
    symbol,
    perShare: price('0.24'),
    quantity: quantity('-100'),
  },
  StockSplit: {
    type: 'StockSplit',
    symbol,
    newShares: 7n,
    oldShares: 1n,
    quantityBefore: quantity('-10.5'),
    quantityAfter: quantity('-73.5'),
    fraction: quantity('0'),
    cashInLieu: cash('0'),
    referencePrice: null,
    at,
  },
  AccountSuspended: { type: 'AccountSuspended', reason: 'asked by the owner', at },
  AccountReinstated: { type: 'AccountReinstated', reason: 'asked by the owner', at },
  AccountClosed: { type: 'AccountClosed', reason: 'moved away\n\u{1F44B}', at },
  OrderSubmitted: {
    type: 'OrderSubmitted',
    orderId,
    clientOrderId,
    terms,
    reservation,
    referencePrice: price('402'),
    submittedAt: at,
  },
  OrderRefused: {
    type: 'OrderRefused',
    orderId,
    clientOrderId,
    terms: notionalTerms,
    code: 'insufficient_buying_power',
    details: { required: '2500', available: '12.5', limit: null },
    refusedAt: at,
  },
  OrderAccepted: {
    type: 'OrderAccepted',
    orderId,
    brokerOrderId: 'paper-1' as BrokerOrderId,
    acceptedAt: at,
  },
  OrderRejected: { type: 'OrderRejected', orderId, reason: 'halted', rejectedAt: at },
  OrderTriggered: {
    type: 'OrderTriggered',
    orderId,
    triggerPrice: price('401.5'),
    triggeredAt: at,
  },
  StopTrailed: {
    type: 'StopTrailed',
    orderId,
    highWaterMark: price('410'),
    stopPrice: price('403.85'),
    trailedAt: at,
  },
  OrderReplaceRequested: {
    type: 'OrderReplaceRequested',
    orderId,
    replacementId,
    clientOrderId,
    terms,
    reservation,
    referencePrice: price('402'),
    requestedAt: at,
  },
  OrderReplaced: {
    type: 'OrderReplaced',
    orderId,
    replacementId,
    brokerOrderId: 'paper-2' as BrokerOrderId,
    terms,
    reservation,
    clientOrderId,
    replacedAt: at,
  },
  OrderReplaceRejected: {
    type: 'OrderReplaceRejected',
    orderId,
    replacementId,
    reason: 'too late',
    rejectedAt: at,
  },
  OrderCancelRequested: { type: 'OrderCancelRequested', orderId, requestedAt: at },
  OrderCanceled: { type: 'OrderCanceled', orderId, reason: 'by request', canceledAt: at },
  OrderCancelRejected: {
    type: 'OrderCancelRejected',
    orderId,
    reason: 'filled already',
    rejectedAt: at,
  },
  OrderExpired: { type: 'OrderExpired', orderId, expiredAt: later },
  OrderAdjusted: {
    type: 'OrderAdjusted',
    orderId,
    terms,
    reservation,
    filledQuantity: quantity('22.75'),
    bustedQuantity: quantity('0'),
    adjustedAt: at,
  },
  OrderFilled: { type: 'OrderFilled', ...execution, settlesAt: later },
  FillDisputed: { type: 'FillDisputed', ...execution, orderId: null, because: 'unknown_order' },
  FillBusted: { type: 'FillBusted', ...execution, reason: 'clearly erroneous', bustedAt: later },
  FillCorrected: {
    type: 'FillCorrected',
    ...execution,
    previousQuantity: quantity('3'),
    previousPrice: price('401'),
    previousCommission: cash('0.1'),
    reason: 'restated',
    correctedAt: later,
  },
  ReportDisputed: {
    type: 'ReportDisputed',
    orderId,
    executionId: null,
    report: 'rejected',
    because: 'contradicts_status',
    reportedAt: later,
  },
  PriceMarked: {
    type: 'PriceMarked',
    symbol,
    session,
    open: price('400'),
    high: price('410.5'),
    low: price('399.999999999'),
    close: price('404.03'),
    source: 'recorded',
    markedAt: later,
  },
  SessionClosed: { type: 'SessionClosed', session, closedAt: later },
  StatementReconciled: {
    type: 'StatementReconciled',
    accountId,
    source: 'schwab',
    statementDigest: 'ab'.repeat(32),
    from: at,
    to: null,
    lines: 3,
    matched: 1,
    breaks: 2,
    seenAgain: [breakId, '0123456789abcdef0124' as BreakId],
    reconciledAt: later,
  },
  BreakFound: {
    type: 'BreakFound',
    accountId,
    breakId,
    source: 'schwab',
    kind: 'fee',
    symbol,
    at,
    ours: { commission: '0.1', executionId: 'paper-1' },
    theirs: { commission: '0.104292098765139999', orderId: null },
    cash: cash('-0.004292098765139999'),
    shares: quantity('0.000000001'),
    correction: {
      kind: 'correct_fill',
      executionId: 'paper-1' as ExecutionId,
      quantity: quantity('3.25'),
      price: price('401.123456789'),
      commission: cash('0.104292098765139999'),
      reason: 'another fee',
    },
    why: 'Restates paper-1: another fee.',
    foundAt: later,
  },
  BreakResolved: {
    type: 'BreakResolved',
    accountId,
    breakId,
    statementDigest: 'cd'.repeat(32),
    resolvedAt: later,
  },
  BreakApproved: {
    type: 'BreakApproved',
    accountId,
    breakId,
    correctedBy: null,
    approvedAt: later,
  },
  BreakDismissed: {
    type: 'BreakDismissed',
    accountId,
    breakId,
    reason: 'the broker agrees with us',
    dismissedAt: later,
  },
};
