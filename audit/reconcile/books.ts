import type { Movement } from '#domain/account/movement.ts';
import { postingsOf } from '#domain/account/postings.ts';
import type { AccountId, EventId, ExecutionId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import type { Cash, Price, Quantity } from '#domain/money.ts';
import type { Execution } from '#domain/order/events.ts';
import type { Side } from '#domain/order/terms.ts';
import type { Instant } from '#domain/time.ts';

/** An execution that is booked, as it stands after corrections. */
export type OurFill = {
  readonly executionId: ExecutionId;
  readonly orderId: OrderId | null;
  readonly symbol: Ticker;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly price: Price;
  readonly commission: Cash;
  readonly at: Instant;
  /** The symbol split after it was booked: it cannot be undone or restated. */
  readonly splitSince: boolean;
};

/** A booked movement of cash outside trades, with what reconciling has added to it since. */
export type OurMovement = Movement & {
  /** The event that booked it. */
  readonly id: EventId;
};

export type OurSplit = {
  readonly id: EventId;
  /** What an import called it; null where something else booked it. */
  readonly reference: string | null;
  readonly symbol: Ticker;
  readonly newShares: bigint;
  readonly oldShares: bigint;
  /** Signed: what it added to the holding. */
  readonly added: Quantity;
  readonly at: Instant;
};

/** One account's books as far as a statement can be compared with them. */
export type OurBooks = {
  readonly accountId: AccountId;
  /** Who works its orders; `none` for one without a broker. */
  readonly broker: string;
  readonly fills: readonly OurFill[];
  /** Executions that we know and that move nothing. */
  readonly unbooked: ReadonlyMap<ExecutionId, 'disputed' | 'busted'>;
  readonly movements: readonly OurMovement[];
  readonly splits: readonly OurSplit[];
  /** Cash and shares at the end of the statement, by when things happened. */
  readonly cash: Cash;
  readonly shares: ReadonlyMap<Ticker, Quantity>;
  /** Shares at the end of the log. */
  readonly heldNow: ReadonlyMap<Ticker, Quantity>;
  /** The latest execution of each symbol. */
  readonly lastFillAt: ReadonlyMap<Ticker, Instant>;
  /** When the latest that is in them happened. */
  readonly latestAt: Instant;
  /** The last event that is in them. */
  readonly sequence: number;
};

const rebooked = '/rebooked';

/** The id under which an execution is booked that we had refused to book, or undone, under its own. */
export const rebookedId = (executionId: ExecutionId): ExecutionId =>
  `${executionId}${rebooked}` as ExecutionId;
/** The broker's id of a booked execution. */
export const brokersId = ({ executionId }: Pick<OurFill, 'executionId'>): string =>
  executionId.endsWith(rebooked) ? executionId.slice(0, -rebooked.length) : executionId;

export type Moved = { readonly cash: bigint; readonly shares: bigint; readonly symbol: string };

/** What an event adds to the account's own cash and shares. */
export const movedBy = (event: Parameters<typeof postingsOf>[0]): Moved => {
  let cash = 0n;
  let shares = 0n;
  let symbol = '';
  for (const posting of postingsOf(event)) {
    if (posting.book !== 'account') continue;
    if (posting.asset === 'cash') cash += posting.amount;
    else {
      shares += posting.amount;
      symbol = posting.unit;
    }
  }
  return { cash, shares, symbol };
};

export const fillOf = (execution: Execution): OurFill => ({
  executionId: execution.executionId,
  orderId: execution.orderId,
  symbol: execution.symbol,
  side: execution.side,
  quantity: execution.quantity,
  price: execution.price,
  commission: execution.commission,
  at: execution.executedAt,
  splitSince: false,
});
