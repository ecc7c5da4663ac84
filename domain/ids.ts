declare const kind: unique symbol;
type Id<Kind extends string> = string & { readonly [kind]: Kind };

/** A uuid. */
export type AccountId = Id<'account'>;
/** A uuid; the id we give a broker as its client id. */
export type OrderId = Id<'order'>;
/** A uuid. */
export type EventId = Id<'event'>;
/** What a command is known by for ever, within its account. See `command-ids.ts` for how one is made. */
export type CommandId = Id<'command'>;
/** The caller's own name for an order, unique in its account for ever; 1 to 128 printable ASCII characters. */
export type ClientOrderId = Id<'client-order'>;
/** The broker's name for one fill; unique in its account. */
export type ExecutionId = Id<'execution'>;
export type BrokerOrderId = Id<'broker-order'>;
/** Names a difference between a broker's record and ours: 20 hex digits of what it says. */
export type BreakId = Id<'break'>;
/** Upper-case ticker as the trade says it: `AAPL`, `BRK.B`. */
export type Symbol = Id<'symbol'>;
/** Who acted: a user's or an API key's id, or a part of the system such as `broker:paper`. */
export type Actor = Id<'actor'>;
/** The place of a stream in the event store: `account-<id>`, `reconciliation-<id>`, `market-<symbol>`, `market-sessions`. */
export type StreamName = Id<'stream'>;

export const accountStream = (id: AccountId): StreamName => `account-${id}` as StreamName;
export const marketStream = (symbol: Symbol): StreamName => `market-${symbol}` as StreamName;
/** Of what was found by comparing an account with its broker's statements. */
export const reconciliationStream = (id: AccountId): StreamName =>
  `reconciliation-${id}` as StreamName;
export const sessionsStream = 'market-sessions' as StreamName;
