import type { AccountId, Actor, BrokerOrderId, ExecutionId, OrderId, Symbol } from '#domain/ids.ts';
import type { Cash, Price, Quantity } from '#domain/money.ts';
import type { Liquidity } from '#domain/order/events.ts';
import type { OrderTerms, Side } from '#domain/order/terms.ts';
import type { Instant } from '#domain/time.ts';

/** What a broker says happened. Each has happened already: it is recorded or disputed, never refused. */
export type BrokerReport = { readonly at: Instant } & (
  | {
      readonly type: 'AcceptOrder';
      readonly orderId: OrderId;
      readonly brokerOrderId: BrokerOrderId;
    }
  | { readonly type: 'RejectOrder'; readonly orderId: OrderId; readonly reason: string }
  | { readonly type: 'TriggerOrder'; readonly orderId: OrderId; readonly triggerPrice: Price }
  | {
      readonly type: 'TrailStop';
      readonly orderId: OrderId;
      readonly highWaterMark: Price;
      readonly stopPrice: Price;
    }
  | { readonly type: 'ConfirmCancel'; readonly orderId: OrderId; readonly reason: string }
  | { readonly type: 'RejectCancel'; readonly orderId: OrderId; readonly reason: string }
  | {
      readonly type: 'ConfirmReplace';
      readonly orderId: OrderId;
      readonly replacementId: OrderId;
      readonly brokerOrderId: BrokerOrderId;
    }
  | {
      readonly type: 'RejectReplace';
      readonly orderId: OrderId;
      readonly replacementId: OrderId;
      readonly reason: string;
    }
  | { readonly type: 'ExpireOrder'; readonly orderId: OrderId }
  | {
      readonly type: 'Fill';
      readonly executionId: ExecutionId;
      /** Null: an execution made outside this ledger. */
      readonly orderId: OrderId | null;
      readonly symbol: Symbol;
      readonly side: Side;
      readonly quantity: Quantity;
      readonly price: Price;
      /** Null: the account's own schedule says. */
      readonly commission: Cash | null;
      readonly liquidity: Liquidity;
      readonly venue: string;
    }
  | { readonly type: 'BustFill'; readonly executionId: ExecutionId; readonly reason: string }
  | {
      readonly type: 'CorrectFill';
      readonly executionId: ExecutionId;
      readonly quantity: Quantity;
      readonly price: Price;
      /** Null: unchanged. */
      readonly commission: Cash | null;
      readonly reason: string;
    }
);

/** An order as it goes to a broker. Our order id is the broker's client id. */
export type RoutedOrder = {
  readonly accountId: AccountId;
  readonly orderId: OrderId;
  readonly terms: OrderTerms;
  readonly submittedAt: Instant;
  /**
   * The most a buy without a limit of its own may pay per share: what is kept aside for it pays no more. Above it the
   * order waits. Null: its terms say, or its notional does.
   */
  readonly priceCap: Price | null;
  /**
   * The most shares that a sell by notional may sell in all, however low the price: no more are kept for it. Null:
   * its terms say.
   */
  readonly closingMax: Quantity | null;
};

/** A working order as the ledger remembers it, to rebuild a broker's book from after a restart. */
export type WorkingOrder = RoutedOrder & {
  readonly brokerOrderId: BrokerOrderId;
  readonly filledQuantity: Quantity;
  /** What the fills so far came to: counts against an order by notional. */
  readonly filledNotional: Cash;
  /** How many executions the order has had. */
  readonly fillCount: number;
  readonly triggered: boolean;
  readonly highWaterMark: Price | null;
  /** The trailing stop's present stop price. */
  readonly trailedStopPrice: Price | null;
};

/** Takes a report; resolves when it is recorded. A broker keeps a report and tries again while it rejects. */
export type ReportSink = (accountId: AccountId, report: BrokerReport) => Promise<void>;

/**
 * A broker as the router sees it. Every call may be repeated after a crash and must then change nothing
 * (orders are known by our order id). Answers come as reports, also the refusals.
 */
export type Broker = {
  readonly actor: Actor;
  readonly submit: (order: RoutedOrder) => Promise<void>;
  readonly cancel: (accountId: AccountId, orderId: OrderId, at: Instant) => Promise<void>;
  /** `replacement.terms.quantity` counts what the order it replaces has filled. */
  readonly replace: (orderId: OrderId, replacement: RoutedOrder) => Promise<void>;
  /** A corporate action restated a working order; `working` is how it stands now. */
  readonly adjust: (working: WorkingOrder) => Promise<void>;
  /** What the broker knows of an order: settles an answer that was lost. */
  readonly knows: (orderId: OrderId) => Promise<boolean>;
};
