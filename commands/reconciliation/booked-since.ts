import { movementIn } from '#domain/account/movement.ts';
import { absolute, type Cash, negate } from '#domain/money.ts';
import { amendedBy } from '#domain/reconciliation/amendment.ts';
import type { Correction } from '#domain/reconciliation/correction.ts';
import { dayOf, daysApart, secondsApart } from '#domain/reconciliation/period.ts';
import { isAccountEvent, type RecordedEvent } from '#domain/recorded-event.ts';
import type { KnownBreak, ReconciliationState } from './reconciliation-state.ts';

// As far apart as a comparison still takes two bookings for one.
const slackDays = 5;
const slackSeconds = 60;

/** What a correction adds to the account's cash; null where it moves none of its own. */
const cashOf = (correction: Correction): Cash | null => {
  switch (correction.kind) {
    case 'report_withdrawal':
    case 'withdraw_cash':
    case 'charge_fee':
      return negate(absolute(correction.amount));
    case 'deposit_cash':
    case 'report_dividend':
    case 'pay_dividend':
    case 'pay_interest':
    case 'adjust_cash':
      return correction.amount;
    default:
      return null;
  }
};

const categories: Readonly<Partial<Record<Correction['kind'], string>>> = {
  deposit_cash: 'deposit',
  report_withdrawal: 'withdrawal',
  withdraw_cash: 'withdrawal',
  charge_fee: 'fee',
  pay_interest: 'interest',
  report_dividend: 'dividend',
  pay_dividend: 'dividend',
  adjust_cash: 'adjustment',
};

/** Names of other rows of the same source: what is booked under one of them is not what this break misses. */
const namesOfSource = ({ breaks }: ReconciliationState, source: string): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const { found } of breaks.values()) {
    const { correction, source: told } = found.data;
    if (correction === null || told !== source) continue;
    if ('externalReference' in correction) names.add(correction.externalReference);
    if ('executionId' in correction) names.add(correction.executionId);
  }
  return names;
};

/**
 * Whether an event that came after a break was last seen has booked already what its correction would: by hand, or as
 * another source tells it. A row of the same source that is alike is another row.
 */
export const isBookedBy = (
  state: ReconciliationState,
  { found: { data: found } }: KnownBreak,
): ((event: RecordedEvent) => boolean) => {
  const { correction, source } = found;
  const names = namesOfSource(state, source);
  const isOther = (name: string | null): boolean =>
    name !== null && (names.has(name) || name.startsWith(`${source}:`));
  if (correction === null) return () => false;
  if (correction.kind === 'fill') {
    const { executionId, symbol, side, quantity, price, at } = correction;
    return ({ data }) =>
      data.type === 'OrderFilled' &&
      data.executionId !== executionId &&
      !isOther(data.executionId) &&
      data.symbol === symbol &&
      data.side === side &&
      data.quantity === quantity &&
      data.price === price &&
      dayOf(data.executedAt) === dayOf(at) &&
      secondsApart(data.executedAt, at) <= slackSeconds;
  }
  const amount = cashOf(correction);
  if (amount === null || !('externalReference' in correction)) return () => false;
  const { externalReference, at } = correction;
  const category = categories[correction.kind];
  const symbol = 'symbol' in correction ? correction.symbol : null;
  return ({ data }) => {
    const moved = isAccountEvent(data) ? movementIn(data) : undefined;
    if (moved === undefined) return false;
    if (moved.reference === externalReference) return true;
    // What changes the amount of one booking is about no other.
    if (amendedBy(externalReference) !== undefined || amendedBy(moved.reference) !== undefined) {
      return false;
    }
    const isSameKind =
      moved.category === category || [moved.category, category].includes('adjustment');
    return (
      isSameKind &&
      !isOther(moved.reference) &&
      moved.amount === amount &&
      (symbol === null || moved.symbol === null || moved.symbol === symbol) &&
      daysApart(moved.at, at) <= slackDays
    );
  };
};
