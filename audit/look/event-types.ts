import type { EventType } from '#domain/recorded-event.ts';

// A record, so that a type that is added or renamed does not compile here until it is entered.
const known: { readonly [Type in EventType]: true } = {
  AccountOpened: true,
  CashDeposited: true,
  CashWithdrawn: true,
  FeeCharged: true,
  InterestPaid: true,
  CashAdjusted: true,
  DividendPaid: true,
  StockSplit: true,
  AccountSuspended: true,
  AccountReinstated: true,
  AccountClosed: true,
  OrderSubmitted: true,
  OrderRefused: true,
  OrderAccepted: true,
  OrderRejected: true,
  OrderTriggered: true,
  StopTrailed: true,
  OrderReplaceRequested: true,
  OrderReplaced: true,
  OrderReplaceRejected: true,
  OrderCancelRequested: true,
  OrderCanceled: true,
  OrderCancelRejected: true,
  OrderExpired: true,
  OrderAdjusted: true,
  OrderFilled: true,
  FillDisputed: true,
  FillBusted: true,
  FillCorrected: true,
  ReportDisputed: true,
  PriceMarked: true,
  SessionClosed: true,
};

/** Every type of event, in the order of the catalogue. */
export const eventTypes = Object.keys(known) as readonly EventType[];
