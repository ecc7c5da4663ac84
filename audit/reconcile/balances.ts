import type { Symbol as Ticker } from '#domain/ids.ts';
import {
  type Cash,
  formatCash,
  formatQuantity,
  type Quantity,
  subtract,
  sum,
} from '#domain/money.ts';
import { balancing } from '#domain/reconciliation/amendment.ts';
import type { Break } from '#domain/reconciliation/events.ts';
import type { Instant } from '#domain/time.ts';
import { breakIdOf, breakOf, type Context } from './context.ts';

/** One figure at the end of the statement: what both sides say, and what of the difference the breaks explain. */
export type Balance<Amount> = {
  readonly ours: Amount;
  readonly theirs: Amount;
  readonly difference: Amount;
  readonly explained: Amount;
  readonly unexplained: Amount;
};

export type Balances = {
  /** Null where the statement does not say. */
  readonly cash: Balance<Cash> | null;
  /** Holdings that differ, or that a break is about; null where the statement does not say what is held. */
  readonly positions: readonly (Balance<Quantity> & { readonly symbol: Ticker })[] | null;
};

const balanceOf = <Amount extends bigint>(
  ours: Amount,
  theirs: Amount,
  explained: Amount,
): Balance<Amount> => {
  const difference = subtract(theirs, ours);
  return {
    ours,
    theirs,
    difference,
    explained,
    unexplained: subtract(difference, explained),
  };
};

/** How far the breaks explain what the ends differ by. */
export const balancesOf = ({ statement, books }: Context, breaks: readonly Break[]): Balances => {
  const { cash, positions } = statement;
  const held = new Map(positions?.map(({ symbol, quantity }) => [symbol, quantity]));
  const bySymbol = Map.groupBy(breaks, ({ symbol }) => symbol);
  const zero = 0n as Quantity;
  const symbols = [...new Set([...held.keys(), ...books.shares.keys(), ...bySymbol.keys()])]
    .filter((symbol) => symbol !== null)
    .sort();
  const all = symbols.map((symbol) => {
    const explained = sum((bySymbol.get(symbol) ?? []).map(({ shares }) => shares));
    const ours = books.shares.get(symbol) ?? zero;
    return { symbol, ...balanceOf(ours, held.get(symbol) ?? zero, explained) };
  });
  return {
    cash: cash === null ? null : balanceOf(books.cash, cash, sum(breaks.map((one) => one.cash))),
    positions:
      positions === null
        ? null
        : all.filter(({ difference, explained }) => difference !== 0n || explained !== 0n),
  };
};

const ofPosition = (
  context: Context,
  at: Instant,
  balance: Balance<Quantity> & { readonly symbol: Ticker },
): Break => {
  const { symbol, ours, theirs, explained, unexplained } = balance;
  return breakOf(context, [symbol, unexplained], {
    kind: 'position',
    symbol,
    at,
    ours: { symbol, quantity: formatQuantity(ours) },
    theirs: { symbol, quantity: formatQuantity(theirs), explained: formatQuantity(explained) },
    cash: 0n as Cash,
    shares: unexplained,
    correction: null,
    why: 'No row of the statement explains it: something from before the statement, or missing in it. A person has to find it.',
  });
};

const ofCash = (context: Context, at: Instant, balance: Balance<Cash>): Break => {
  const { ours, theirs, explained, unexplained } = balance;
  const subject = [unexplained];
  const id = breakIdOf(context.accountId, 'cash_balance', subject);
  return breakOf(context, subject, {
    kind: 'cash_balance',
    symbol: null,
    at,
    ours: { cash: formatCash(ours) },
    theirs: { cash: formatCash(theirs), explained: formatCash(explained) },
    cash: unexplained,
    shares: 0n as Quantity,
    correction: {
      kind: 'adjust_cash',
      amount: unexplained,
      description: `Difference to the statement of ${context.statement.source}`,
      externalReference: balancing(id),
      at,
      reason: 'no row of the statement explains the difference of the balances',
    },
    why: 'Adjusts the cash to the statement. A last resort: no row explains the difference, so look for what came before it first.',
  });
};

/** What of the holdings and of the cash nothing explains: breaks of their own. `at`: the end of the statement. */
export const balanceBreaks = (
  context: Context,
  { cash, positions }: Balances,
  at: Instant,
): readonly Break[] => [
  ...(positions ?? [])
    .filter(({ unexplained }) => unexplained !== 0n)
    .map((balance) => ofPosition(context, at, balance)),
  ...(cash === null || cash.unexplained === 0n ? [] : [ofCash(context, at, cash)]),
];
