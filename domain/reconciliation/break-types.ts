/** What a break says, from the record's side: theirs is the broker's statement, ours is this ledger. */
export const breakTypes = [
  /** Theirs has an execution that we have not booked. */
  'missing_fill',
  /** We booked an execution that theirs does not have. */
  'unknown_fill',
  /** One side has the same execution twice. */
  'duplicate_fill',
  'quantity',
  'price',
  'fee',
  /** Theirs has a movement of cash that we have not booked. */
  'missing_cash',
  /** We booked a movement of cash that theirs does not have. */
  'unknown_cash',
  /** The same movement of cash, of another amount. */
  'amount',
  'unbooked_dividend',
  'unbooked_split',
  /** We booked a split that theirs does not have. */
  'unknown_split',
  /** The same thing, booked on another day. */
  'timing',
  /** What the holdings differ by beyond what the other breaks explain. */
  'position',
  /** What the cash differs by beyond what the other breaks explain. */
  'cash_balance',
] as const;
export type BreakType = (typeof breakTypes)[number];

export const breakStatuses = ['open', 'approved', 'resolved', 'dismissed'] as const;
/** approved: a person had the proposed command booked. resolved: a later statement shows it no more. */
export type BreakStatus = (typeof breakStatuses)[number];
