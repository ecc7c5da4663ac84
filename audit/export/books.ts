import type { AccountEvent, AccountOpened } from '#domain/account/events.ts';
import { type Book, postingsOf } from '#domain/account/postings.ts';
import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { sessionDateOf } from '#domain/market/calendar.ts';
import { add, type Cash, negate, sum, zeroCash } from '#domain/money.ts';
import { isAccountEvent, type RecordedEvent } from '#domain/recorded-event.ts';
import type { SessionDate } from '#domain/time.ts';
import { accountOf, holdingKey } from '#projections/keys.ts';
import {
  type BookName,
  cashName,
  type Entry,
  gainsName,
  type Leg,
  type Owner,
  openingName,
} from './entry.ts';
import type { CostMethod, Holding, Moved, Place } from './holding.ts';
import { narrationOf } from './narration.ts';
import type { Restated } from './restated.ts';
import { type HoldingEvent, type TrackedHolding, trackHolding } from './tracked-holding.ts';

type AccountBooks = {
  readonly owner: Owner;
  date: SessionDate;
  cash: Cash;
  readonly holdings: Map<Ticker, TrackedHolding>;
};

/** Where the other side of cash is kept; null: its other side is the cost and gains of shares. */
const names: { readonly [B in Book]: BookName | null } = {
  account: cashName,
  market: null,
  corporate_actions: null,
  external: ['equity', 'external'],
  adjustments: ['equity', 'adjustments'],
  commission: ['expenses', 'commission'],
  fees: ['expenses', 'fees'],
  interest: ['income', 'interest'],
  dividends: ['income', 'dividends'],
};

const plain = /^(?!Id-)[A-Z0-9][A-Za-z0-9-]*$/;

/** The account's number where both programs take it as a name, else its id. */
const ownerOf = ({ accountId, accountNumber }: AccountOpened): Owner => ({
  accountId,
  accountNumber,
  name: plain.test(accountNumber) ? accountNumber : `Id-${accountId}`,
});

const cashLegs = (event: AccountEvent): readonly Leg[] => {
  const totals = new Map<BookName, Cash>();
  for (const posting of postingsOf(event)) {
    const name = names[posting.book];
    if (posting.asset !== 'cash' || name === null) continue;
    totals.set(name, add(totals.get(name) ?? zeroCash, posting.amount));
  }
  return [...totals]
    .filter(([, amount]) => amount !== 0n)
    .map(([name, amount]) => ({ kind: 'cash', name, amount }));
};

const shareLegs = (symbol: Ticker, { taken, put, realized }: Moved): readonly Leg[] => [
  ...(taken === null ? [] : [{ kind: 'take', symbol, part: taken } as const]),
  ...[...put].map((lot) => ({ kind: 'put', symbol, lot }) as const),
  ...(realized === 0n
    ? []
    : [{ kind: 'cash', name: gainsName(symbol), amount: negate(realized) } as const]),
];

/** What a leg adds: shares, and cash or cost. */
const weightOf = (leg: Leg): { readonly shares: bigint; readonly cash: bigint } => {
  switch (leg.kind) {
    case 'cash':
      return { shares: 0n, cash: leg.amount };
    case 'take':
      return { shares: -leg.part.quantity, cash: -leg.part.cost };
    case 'put':
      return { shares: leg.lot.quantity, cash: leg.lot.cost };
  }
};

const assertAgrees = (event: AccountEvent, legs: readonly Leg[], sequence: number): void => {
  const weights = legs.map(weightOf);
  const cash = sum(weights.map((weight) => weight.cash));
  invariant(cash === 0n, `the entry of event ${sequence} sums to zero, not ${cash}e-18`);
  const own = postingsOf(event).filter(
    ({ asset, book }) => asset === 'shares' && book === 'account',
  );
  const posted = sum(own.map(({ amount }) => amount as bigint));
  const shares = sum(weights.map((weight) => weight.shares));
  invariant(shares === posted, `event ${sequence} moves ${posted}e-9 shares, not ${shares}e-9`);
};

const movesHolding = (event: AccountEvent): event is HoldingEvent =>
  event.type === 'OrderFilled' ||
  event.type === 'FillBusted' ||
  event.type === 'FillCorrected' ||
  event.type === 'StockSplit';

/** The day an event belongs to in New York; one that was reported ahead of its time belongs to the day of its report. */
const dayOf = ({ effectiveAt, recordedAt }: RecordedEvent): SessionDate =>
  sessionDateOf(effectiveAt < recordedAt ? effectiveAt : recordedAt);

const later = <Text extends string>(one: Text, other: Text): Text => (one < other ? other : one);

/** What an account comes to at a point of the log. */
export type Standing = {
  readonly owner: Owner;
  readonly cash: Cash;
  readonly holdings: Iterable<readonly [Ticker, Holding]>;
};

export type Books = {
  /** Folds the next event of the log; null where it moves nothing. Throws InvariantViolation for one that cannot be booked. */
  readonly book: (event: RecordedEvent) => Entry | null;
  /** One entry for each account that has anything: all of it, against equity. */
  readonly carriedForward: () => Iterable<Entry>;
  readonly standings: () => Iterable<Standing>;
};

const carryForward = ({ owner, date, cash, holdings }: AccountBooks): Entry => {
  const legs: Leg[] = [];
  if (cash !== 0n) legs.push({ kind: 'cash', name: cashName, amount: cash });
  for (const [symbol, holding] of holdings) {
    for (const lot of holding.current().lots) legs.push({ kind: 'put', symbol, lot });
  }
  const total = sum(legs.map((leg) => weightOf(leg).cash as Cash));
  if (total !== 0n) legs.push({ kind: 'cash', name: openingName, amount: negate(total) });
  return { owner, date, event: null, narration: 'Carried forward', legs, moved: null };
};

/** The ledger's double entry with the cost and the gains of shares in the market's place, event by event. */
export const createBooks = (method: CostMethod, restated: Restated): Books => {
  const accounts = new Map<AccountId, AccountBooks>();

  const holdingIn = (account: AccountBooks, symbol: Ticker): TrackedHolding => {
    const known = account.holdings.get(symbol);
    if (known !== undefined) return known;
    const times = restated.get(holdingKey(account.owner.accountId, symbol)) ?? 0;
    const fresh = trackHolding(method, times);
    account.holdings.set(symbol, fresh);
    return fresh;
  };

  const move = (
    account: AccountBooks,
    data: AccountEvent,
    place: Place,
  ): Pick<Entry, 'legs' | 'moved'> => {
    const cash = cashLegs(data);
    if (!movesHolding(data)) return { legs: cash, moved: null };
    const moved = holdingIn(account, data.symbol).book(data, place);
    return { legs: [...shareLegs(data.symbol, moved), ...cash], moved };
  };

  const book = (event: RecordedEvent): Entry | null => {
    const { data, id: eventId, sequence } = event;
    if (!isAccountEvent(data)) return null;
    const accountId = accountOf(event.stream);
    if (data.type === 'AccountOpened') {
      const holdings = new Map<Ticker, TrackedHolding>();
      accounts.set(accountId, {
        owner: ownerOf(data),
        date: dayOf(event),
        cash: zeroCash,
        holdings,
      });
      return null;
    }
    const account = accounts.get(accountId);
    invariant(account !== undefined, `account ${accountId} was opened before event ${sequence}`);
    const date = later(account.date, dayOf(event));
    const { legs, moved } = move(account, data, { eventId, sequence, date });
    if (legs.length === 0) return null;
    assertAgrees(data, legs, sequence);
    account.date = date;
    for (const leg of legs) {
      if (leg.kind === 'cash' && leg.name === cashName)
        account.cash = add(account.cash, leg.amount);
    }
    return { owner: account.owner, date, event, narration: narrationOf(data), legs, moved };
  };

  return {
    book,
    carriedForward: function* () {
      for (const account of accounts.values()) {
        const entry = carryForward(account);
        if (entry.legs.length > 0) yield entry;
      }
    },
    standings: function* () {
      for (const { owner, cash, holdings } of accounts.values()) {
        const current = [...holdings].map(([symbol, held]) => [symbol, held.current()] as const);
        yield { owner, cash, holdings: current };
      }
    },
  };
};
