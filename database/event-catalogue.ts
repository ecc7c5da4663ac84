import type { AccountPolicy, CommissionSchedule, RiskLimits } from '#domain/account/policy.ts';
import {
  type Execution,
  fillDisputes,
  orderReports,
  reportDisputes,
} from '#domain/order/events.ts';
import {
  type OrderTerms,
  orderTypes,
  type Reservation,
  sides,
  timesInForce,
} from '#domain/order/terms.ts';
import { type BreakType, breakTypes } from '#domain/reconciliation/break-types.ts';
import type { Correction } from '#domain/reconciliation/correction.ts';
import type { EventEnvelope, EventType, LedgerEvent } from '#domain/recorded-event.ts';
import {
  accountId,
  actor,
  breakId,
  brokerOrderId,
  cash,
  choice,
  clientOrderId,
  commandId,
  count,
  digest,
  eventId,
  executionId,
  type FieldDescription,
  type Fields,
  instant,
  list,
  members,
  nullable,
  object,
  oneOf,
  orderId,
  price,
  quantity,
  ratio,
  sessionDate,
  symbol,
  text,
  textMap,
  wholeNumber,
} from './event-kinds.ts';

const side = oneOf(...sides);

const terms = object<OrderTerms>('order terms', {
  symbol,
  side,
  type: oneOf(...orderTypes),
  timeInForce: oneOf(...timesInForce),
  quantity: nullable(quantity),
  notional: nullable(cash),
  limitPrice: nullable(price),
  stopPrice: nullable(price),
  trailAmount: nullable(price),
  trailPercent: nullable(ratio),
});

const reservation = object<Reservation>('reservation', {
  closing: quantity,
  opening: quantity,
  cashPerShare: price,
  fixedCash: cash,
});

const policy = object<AccountPolicy>('account policy', {
  kind: oneOf('cash', 'margin'),
  currency: oneOf('USD'),
  commission: choice<CommissionSchedule>('commission schedule', {
    basis_points: { rate: ratio },
    per_share: { rate: price, minimum: cash },
    fixed: { amount: cash },
  }),
  limits: object<RiskLimits>('risk limits', {
    positionNotional: nullable(cash),
    leverage: nullable(ratio),
    orderNotional: nullable(cash),
  }),
  settlementDays: count,
  broker: oneOf('paper', 'none'),
});

const cashMovement = {
  amount: cash,
  description: text,
  externalReference: nullable(text),
  at: instant,
};

const execution: Fields<Execution> = {
  executionId,
  orderId: nullable(orderId),
  symbol,
  side,
  quantity,
  price,
  commission: cash,
  liquidity: oneOf('added', 'removed', 'unknown'),
  venue: text,
  executedAt: instant,
};

const order = { orderId };

const booking = { amount: cash, description: text, externalReference: text, at: instant };

const correction = choice<Correction>('correction', {
  fill: {
    executionId,
    symbol,
    side,
    quantity,
    price,
    commission: nullable(cash),
    venue: text,
    at: instant,
  },
  bust_fill: { executionId, reason: text },
  correct_fill: { executionId, quantity, price, commission: cash, reason: text },
  report_dividend: {
    symbol,
    amount: cash,
    quantity: nullable(quantity),
    perShare: nullable(price),
    description: text,
    externalReference: text,
    at: instant,
  },
  pay_dividend: {
    symbol,
    perShare: price,
    amount: cash,
    description: text,
    externalReference: text,
    at: instant,
  },
  split_stock: {
    symbol,
    newShares: wholeNumber,
    oldShares: wholeNumber,
    quantity,
    fractions: oneOf('kept', 'paid'),
    at: instant,
  },
  deposit_cash: booking,
  report_withdrawal: booking,
  withdraw_cash: booking,
  charge_fee: booking,
  pay_interest: booking,
  adjust_cash: { ...booking, reason: text },
});

const breakType = oneOf<BreakType>(...breakTypes);
const someBreak = { accountId, breakId };

export const envelopeFields: Fields<EventEnvelope> = {
  id: eventId,
  effectiveAt: instant,
  correlationId: eventId,
  causationId: nullable(eventId),
  commandId: nullable(commandId),
  commandDigest: nullable(digest),
  actor,
};

export type EventSchema<Event> = {
  /** Of the fields as they are below. Raise it with a change of them, and say in `upcasters.ts` how the old become the new. */
  readonly version: number;
  /** One line for the catalogue. */
  readonly meaning: string;
  readonly fields: Fields<Omit<Event, 'type'>>;
};

/** What every type of event holds, in the order in which it is stored. */
export const eventSchemas: {
  readonly [Type in EventType]: EventSchema<Extract<LedgerEvent, { readonly type: Type }>>;
} = {
  AccountOpened: {
    version: 1,
    meaning: 'An account exists from here on, under this policy.',
    fields: { accountId, accountNumber: text, userId: nullable(text), policy, openedAt: instant },
  },
  CashDeposited: { version: 1, meaning: 'Cash came in.', fields: cashMovement },
  CashWithdrawn: { version: 1, meaning: 'Cash was taken out.', fields: cashMovement },
  FeeCharged: { version: 1, meaning: 'A fee was taken from the cash.', fields: cashMovement },
  InterestPaid: {
    version: 1,
    meaning: 'Interest was credited, or charged where the amount is negative.',
    fields: cashMovement,
  },
  CashAdjusted: {
    version: 1,
    meaning: 'A person corrected the cash, and said why.',
    fields: { ...cashMovement, reason: text },
  },
  DividendPaid: {
    version: 1,
    meaning: 'A dividend was received on a long position, or paid on a short one.',
    fields: { ...cashMovement, symbol, perShare: price, quantity },
  },
  StockSplit: {
    version: 1,
    meaning: 'New shares took the place of old ones; the total cost stayed.',
    fields: {
      symbol,
      newShares: wholeNumber,
      oldShares: wholeNumber,
      quantityBefore: quantity,
      quantityAfter: quantity,
      fraction: quantity,
      cashInLieu: cash,
      referencePrice: nullable(price),
      at: instant,
    },
  },
  AccountSuspended: {
    version: 1,
    meaning: 'The account may not submit orders until it is reinstated.',
    fields: { reason: text, at: instant },
  },
  AccountReinstated: {
    version: 1,
    meaning: 'A suspension ended.',
    fields: { reason: text, at: instant },
  },
  AccountClosed: {
    version: 1,
    meaning: 'The account ended for good.',
    fields: { reason: text, at: instant },
  },
  OrderSubmitted: {
    version: 1,
    meaning: 'An order was taken and what it may need was reserved.',
    fields: {
      ...order,
      clientOrderId,
      terms,
      reservation,
      referencePrice: price,
      submittedAt: instant,
    },
  },
  OrderRefused: {
    version: 1,
    meaning: 'Our risk rules refused an order.',
    fields: {
      ...order,
      clientOrderId,
      terms,
      code: text,
      details: textMap,
      refusedAt: instant,
    },
  },
  OrderAccepted: {
    version: 1,
    meaning: 'The broker took the order and works it.',
    fields: { ...order, brokerOrderId, acceptedAt: instant },
  },
  OrderRejected: {
    version: 1,
    meaning: 'The broker said no to the order.',
    fields: { ...order, reason: text, rejectedAt: instant },
  },
  OrderTriggered: {
    version: 1,
    meaning: 'A stop was reached; the order works as a market or limit order now.',
    fields: { ...order, triggerPrice: price, triggeredAt: instant },
  },
  StopTrailed: {
    version: 1,
    meaning: 'A trailing stop followed the market.',
    fields: { ...order, highWaterMark: price, stopPrice: price, trailedAt: instant },
  },
  OrderReplaceRequested: {
    version: 1,
    meaning: 'The broker is asked to put a new order in the place of this one.',
    fields: {
      ...order,
      replacementId: orderId,
      clientOrderId,
      terms,
      reservation,
      referencePrice: price,
      requestedAt: instant,
    },
  },
  OrderReplaced: {
    version: 1,
    meaning: 'The order ended and its replacement works what is left.',
    fields: {
      ...order,
      replacementId: orderId,
      brokerOrderId,
      terms,
      reservation,
      clientOrderId,
      replacedAt: instant,
    },
  },
  OrderReplaceRejected: {
    version: 1,
    meaning: 'The broker did not replace the order; it works on as it was.',
    fields: { ...order, replacementId: orderId, reason: text, rejectedAt: instant },
  },
  OrderCancelRequested: {
    version: 1,
    meaning: 'The broker is asked to cancel the order; it may still fill.',
    fields: { ...order, requestedAt: instant },
  },
  OrderCanceled: {
    version: 1,
    meaning: 'The order ended unfilled or partly filled; its reservation is free.',
    fields: { ...order, reason: text, canceledAt: instant },
  },
  OrderCancelRejected: {
    version: 1,
    meaning: 'The broker did not cancel the order.',
    fields: { ...order, reason: text, rejectedAt: instant },
  },
  OrderExpired: {
    version: 1,
    meaning: 'The order ran out of time; its reservation is free.',
    fields: { ...order, expiredAt: instant },
  },
  OrderAdjusted: {
    version: 1,
    meaning: 'A corporate action changed the terms of a working order.',
    fields: {
      ...order,
      terms,
      reservation,
      filledQuantity: quantity,
      bustedQuantity: quantity,
      adjustedAt: instant,
    },
  },
  OrderFilled: {
    version: 1,
    meaning: 'Shares changed hands: one execution, booked.',
    fields: { ...execution, settlesAt: instant },
  },
  FillDisputed: {
    version: 1,
    meaning: 'An execution was reported that cannot be booked; kept, moves nothing.',
    fields: { ...execution, because: oneOf(...fillDisputes) },
  },
  FillBusted: {
    version: 1,
    meaning: 'The broker took an execution back; what it booked is undone.',
    fields: { ...execution, reason: text, bustedAt: instant },
  },
  FillCorrected: {
    version: 1,
    meaning: 'The broker restated an execution.',
    fields: {
      ...execution,
      previousQuantity: quantity,
      previousPrice: price,
      previousCommission: cash,
      reason: text,
      correctedAt: instant,
    },
  },
  ReportDisputed: {
    version: 1,
    meaning: 'A report of the broker contradicts what we know; kept, moves nothing.',
    fields: {
      orderId: nullable(orderId),
      executionId: nullable(executionId),
      report: oneOf(...orderReports),
      because: oneOf(...reportDisputes),
      reportedAt: instant,
    },
  },
  PriceMarked: {
    version: 1,
    meaning: "What a session, or a part of it, did to a symbol's price.",
    fields: {
      symbol,
      session: sessionDate,
      open: price,
      high: price,
      low: price,
      close: price,
      source: text,
      markedAt: instant,
    },
  },
  SessionClosed: {
    version: 1,
    meaning: 'A trading session ended and all its marks are in.',
    fields: { session: sessionDate, closedAt: instant },
  },
  StatementReconciled: {
    version: 1,
    meaning: "A broker's statement was compared with the account's books.",
    fields: {
      accountId,
      source: text,
      statementDigest: digest,
      from: nullable(instant),
      to: nullable(instant),
      lines: count,
      matched: count,
      breaks: count,
      seenAgain: list(breakId),
      reconciledAt: instant,
    },
  },
  BreakFound: {
    version: 1,
    meaning: "The broker's record and ours differ in one thing.",
    fields: {
      ...someBreak,
      source: text,
      kind: breakType,
      symbol: nullable(symbol),
      at: instant,
      ours: nullable(textMap),
      theirs: nullable(textMap),
      cash,
      shares: quantity,
      correction: nullable(correction),
      why: text,
      foundAt: instant,
    },
  },
  BreakResolved: {
    version: 1,
    meaning: 'A later statement agrees with our side of a break, or would show it and does not.',
    fields: { ...someBreak, statementDigest: digest, resolvedAt: instant },
  },
  BreakApproved: {
    version: 1,
    meaning: 'A person approved the correction of a break and it was booked.',
    fields: { ...someBreak, correctedBy: nullable(eventId), approvedAt: instant },
  },
  BreakDismissed: {
    version: 1,
    meaning: 'A person decided that a break needs no booking.',
    fields: { ...someBreak, reason: text, dismissedAt: instant },
  },
};

export type EventDescription = {
  readonly type: string;
  readonly version: number;
  readonly meaning: string;
  readonly fields: readonly FieldDescription[];
};

/** The fields that every event has besides its own, for the documentation. */
export const describeEnvelope = (): readonly FieldDescription[] =>
  members(envelopeFields).description;

/** Every type of event with its fields, for the documentation. */
export const describeEvents = (): readonly EventDescription[] =>
  Object.entries(eventSchemas).map(([type, { version, meaning, fields }]) => ({
    type,
    version,
    meaning,
    fields: members<object>(fields).description,
  }));
