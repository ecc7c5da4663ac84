/** The numbers that explain a refusal, by name, as decimal strings. */
export type RefusalDetails = Readonly<Record<string, string | null>>;

/**
 * Every reason why we refuse an intention. `kept`: recorded as OrderRefused when an order meets it,
 * because an auditor would ask. The text says what to do.
 */
export const refusals = {
  account_not_found: { kept: false, text: 'No such account. Open it first or check the id.' },
  account_already_open: { kept: false, text: 'This account is open already. Use another id.' },
  account_suspended: { kept: true, text: 'The account is suspended. Reinstate it first.' },
  account_not_suspended: { kept: false, text: 'The account is not suspended.' },
  account_closed: { kept: true, text: 'The account is closed for good.' },
  account_not_empty: {
    kept: false,
    text: 'Only an account without cash, positions and open orders can be closed.',
  },
  insufficient_cash: {
    kept: false,
    text: 'Not enough cash is settled and free of reservations. Cancel orders or take less.',
  },
  insufficient_buying_power: {
    kept: true,
    text: 'The order needs more buying power than is available. Make it smaller or free some.',
  },
  insufficient_quantity: {
    kept: true,
    text: 'The account does not hold that many shares free of other orders, and may not sell short.',
  },
  position_limit_exceeded: {
    kept: true,
    text: 'The position would be worth more than the account allows for one symbol.',
  },
  leverage_limit_exceeded: {
    kept: true,
    text: 'All positions together would be too large for the equity of the account.',
  },
  order_notional_limit_exceeded: {
    kept: true,
    text: 'The order is worth more than the account allows for one order.',
  },
  unknown_symbol: {
    kept: false,
    text: 'The market does not know this symbol. List the known ones at /api/v1/market-data/symbols.',
  },
  invalid_price_increment: {
    kept: false,
    text: 'Prices have two decimals from 1 USD on and four below.',
  },
  invalid_order_terms: {
    kept: false,
    text: 'The terms do not fit together; `rule` says which one is wrong.',
  },
  order_not_found: { kept: false, text: 'No such order in this account.' },
  order_not_cancelable: {
    kept: false,
    text: 'The order has ended or is ending; it cannot be canceled.',
  },
  order_not_replaceable: {
    kept: false,
    text: 'The order cannot be replaced in its present state.',
  },
  order_unchanged: { kept: false, text: 'The replacement changes nothing. Change a term.' },
  quantity_below_filled: {
    kept: false,
    text: 'More than that has filled already. Ask for a larger quantity or cancel the rest.',
  },
  position_not_found: { kept: false, text: 'The account holds no position in this symbol.' },
  invalid_amount: { kept: false, text: 'The amount must be greater than zero.' },
  invalid_split: {
    kept: false,
    text: 'A split is two whole numbers greater than zero that differ.',
  },
  break_not_found: { kept: false, text: 'No such break in this account. List those there are.' },
  break_not_open: {
    kept: false,
    text: 'The break has ended: `status` says how. Reconcile again to see whether it is still there.',
  },
  break_needs_a_person: {
    kept: false,
    text: 'No command mends this break by itself; `why` of the break says what to find out. Book what is right, or dismiss it with a reason.',
  },
  break_outdated: {
    kept: false,
    text: 'The account has changed since the break was found, and the proposed command would not mend it any more. Reconcile again.',
  },
  idempotency_conflict: {
    kept: false,
    text: 'This id was used before for something else. Use a new id for a new command.',
  },
} as const satisfies Record<string, { readonly kept: boolean; readonly text: string }>;

export type RefusalCode = keyof typeof refusals;

/** An intention we say no to: why, and the numbers behind it. */
export type Refusal = { readonly code: RefusalCode; readonly details: RefusalDetails };
