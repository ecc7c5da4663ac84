import type { AccountState } from '#domain/account/state.ts';
import type { Symbol as Ticker } from '#domain/ids.ts';
import { type Cash, formatCash, formatQuantity } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { ImportWarning, PlannedCommand } from './import-plan.ts';
import type { AccountKnowledge } from './knowledge.ts';

const latestFills = ({ state }: AccountKnowledge): ReadonlyMap<Ticker, Instant> => {
  const latest = new Map<Ticker, Instant>();
  for (const { symbol, executedAt } of state.executions.values()) {
    if (executedAt > (latest.get(symbol) ?? '')) latest.set(symbol, executedAt);
  }
  return latest;
};

/** Watches an import as it is rehearsed for what is booked all the same but should be known. */
export const createWarnings = (knowledge: AccountKnowledge) => {
  const latest = latestFills(knowledge);
  const isCashAccount = knowledge.state.policy?.kind === 'cash';
  const shorts = new Map<Ticker, PlannedCommand>();
  let [early, late] = [0, 0];
  let overdrawn:
    | { readonly first: Instant; readonly least: Cash; readonly at: Instant }
    | undefined;

  const seeCash = ({ at }: PlannedCommand, { cash }: AccountState): void => {
    if (cash >= 0n) return;
    if (overdrawn === undefined) overdrawn = { first: at, least: cash, at };
    else if (cash < overdrawn.least) overdrawn = { ...overdrawn, least: cash, at };
  };

  const seeShares = (symbol: Ticker, planned: PlannedCommand, { holdings }: AccountState): void => {
    const held = holdings.get(symbol)?.quantity ?? 0n;
    if (held < 0n && !shorts.has(symbol)) shorts.set(symbol, planned);
  };
  const seeOrder = ({ at, command }: PlannedCommand): void => {
    if (knowledge.openedAt !== null && at < knowledge.openedAt) early += 1;
    if (command.type === 'Fill' && at < (latest.get(command.symbol) ?? '')) late += 1;
  };

  return {
    /** `state`: after the command. */
    see: (planned: PlannedCommand, state: AccountState): void => {
      if (planned.outcome !== 'book') return;
      const { symbol } = planned;
      seeOrder(planned);
      if (!isCashAccount) return;
      seeCash(planned, state);
      if (symbol !== null) seeShares(symbol, planned, state);
    },
    all: (): readonly ImportWarning[] => {
      const found: ImportWarning[] = [];
      if (overdrawn !== undefined) {
        const message = `The cash goes below zero at ${overdrawn.first}, down to ${formatCash(overdrawn.least)} at ${overdrawn.at}, although it is a cash account: rows before it may be missing.`;
        found.push({ code: 'cash_below_zero', message });
      }
      for (const [symbol, { at, quantity }] of shorts) {
        const sold = quantity === null ? '' : ` with ${formatQuantity(quantity)}`;
        const message = `More ${symbol} is sold than is held from ${at} on${sold}: rows before it may be missing.`;
        found.push({ code: 'short_in_cash_account', message });
      }
      if (early > 0) {
        const message = `${early} rows are older than the account (${knowledge.openedAt}): they are booked with their times, but a view as of any time before has no account.`;
        found.push({ code: 'before_opening', message });
      }
      if (late > 0) {
        const message = `${late} trades are older than trades of the same symbol that are booked: average cost and realized P&L follow the order of booking.`;
        found.push({ code: 'out_of_order', message });
      }
      return found;
    },
  };
};
