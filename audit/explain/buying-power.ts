import { type Cash, formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import type { Tables } from '#projections/tables.ts';
import { marginOn, openPositions, unsettledSales } from '../as-of/valuation.ts';
import type { Line, Subject } from './explanation.ts';

const derived = (what: string, amount: bigint): Line => ({
  sequence: null,
  at: null,
  what,
  amount,
});

const sumOf = (lines: readonly Line[]): bigint =>
  lines.reduce((total, { amount }) => total + amount, 0n);

/** Settled cash: what sales have brought and the account may not use yet is taken out. */
const ofCash = (tables: Tables, { accountId, at }: Subject): readonly Line[] =>
  unsettledSales(tables, accountId, at).map((fill) => ({
    sequence: fill.createdSequence,
    at: fill.executedAt,
    what: `less the sale ${fill.executionId} of ${fill.symbol}, which settles ${fill.settlesAt}`,
    amount: fill.commission - fill.value,
  }));

/** Equity less half of what all positions are worth, longs and shorts alike. */
const ofMargin = (tables: Tables, { accountId }: Subject): readonly Line[] => {
  const lines: Line[] = [];
  let gross = 0n;
  for (const { position, price, marketValue } of openPositions(tables, accountId)) {
    const market = tables.marketDataCache.get(position.symbol);
    const what = `${formatQuantity(position.quantity)} ${position.symbol} at ${formatPrice(price)}`;
    lines.push({
      sequence: market?.sequence ?? position.changedSequence,
      at: market?.markedAt ?? position.updatedAt,
      what,
      amount: marketValue,
    });
    gross += marketValue < 0n ? -marketValue : marketValue;
  }
  const value = gross as Cash;
  lines.push(derived(`less initial margin, 50 % of ${formatCash(value)}`, -marginOn(value)));
  return lines;
};

/** Buying power as the account's kind defines it: what is available, never below zero, twice that on margin. */
export const buyingPowerLines = (tables: Tables, subject: Subject): readonly Line[] => {
  const account = tables.accounts.get(subject.accountId);
  if (account === undefined) return [];
  const onMargin = account.policy.kind === 'margin';
  const lines = [
    derived('cash', account.cash),
    ...(onMargin ? ofMargin(tables, subject) : ofCash(tables, subject)),
    derived('less what open orders keep aside', -account.reserved),
  ];
  const available = sumOf(lines);
  if (available < 0n) return [...lines, derived('never below zero', -available)];
  return onMargin ? [...lines, derived('twice that on margin', available)] : lines;
};
