import {
  type AccountId,
  accountStream,
  type ExecutionId,
  type OrderId,
  sessionsStream,
  type Symbol as Ticker,
} from '#domain/ids.ts';
import type { PriceMarked } from '#domain/market/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { holdingKey } from '#projections/keys.ts';
import { project } from '#projections/ledger.ts';
import { load } from '#projections/load.ts';
import { projectMark } from '#projections/marks/project.ts';
import type { PriceMarkRecord } from '#projections/marks/table.ts';
import { segments } from '#projections/needs.ts';
import { createTables, type Tables } from '#projections/tables.ts';
import type { AtSegment, PastReader, Segment, Shown } from '../ports/past.ts';
import { factsFrom, learn, readFacts, type SegmentFacts } from './facts.ts';
import type { Fold } from './fold-state.ts';
import { rowsReaderOf } from './rows-reader.ts';
import { type Facts, type Happening, happeningOf, isBy } from './truth.ts';

/** A place on the way. */
export type Place = {
  readonly sequence: number;
  readonly revision: number;
  readonly sessions: number;
};
export const start: Place = { sequence: 0, revision: 0, sessions: 0 };
export const endOf = (segment: Segment): Place => ({
  sequence: segment.through,
  revision: segment.revision,
  sessions: segment.sessions,
});

/** Begins at the end of a segment, or where there is none at the beginning of the log. */
export const beginFold = async (
  reader: PastReader,
  accountId: AccountId,
  shown: Shown,
  segment: Segment | undefined,
): Promise<Fold> => {
  const at = { accountId, through: segment?.through ?? 0 };
  const base = segment === undefined ? null : readFacts(segment.facts);
  const tables = createTables(false);
  const marksFrom = new Map<Ticker, number>();
  const fold = { reader, accountId, shown, at, base, tables, marksFrom };
  const [account] = base === null ? [] : await reader.rows(at, 'accounts', [accountId]);
  tables.accounts.load(
    accountId,
    account === undefined ? undefined : tables.accounts.shape.decode(account),
  );
  const all = { openOnly: true, direction: 'asc', limit: null } as const;
  const stored = base === null ? [] : await reader.list(at, 'positions', all);
  const positions = stored.map(tables.positions.shape.decode);
  tables.positions.loadGroup(accountId, []);
  for (const row of positions) tables.positions.load(holdingKey(accountId, row.symbol), row);
  for (const { symbol } of tables.positions.group(accountId)) {
    marksFrom.set(symbol, at.through);
    tables.marketDataCache.load(symbol, undefined);
    tables.priceMarks.loadGroup(symbol, []);
  }
  for (const row of base?.market ?? []) {
    const market = tables.marketDataCache.shape.decode(row);
    tables.marketDataCache.load(market.symbol, market);
  }
  return fold;
};

const tradedIn = ({ data }: RecordedEvent): Ticker | null => {
  switch (data.type) {
    case 'OrderFilled':
    case 'StockSplit':
    case 'FillBusted':
    case 'FillCorrected':
      return data.symbol;
    default:
      return null;
  }
};

/** Brings the market of symbols into the tables that are new to the fold, as it stood before the next event. */
const bringMarket = async (
  fold: Fold,
  symbols: Iterable<Ticker>,
  sequence: number,
): Promise<readonly Ticker[]> => {
  const { tables, marksFrom, reader, shown } = fold;
  const fresh = [...new Set(symbols)].filter((symbol) => !marksFrom.has(symbol));
  if (fresh.length === 0) return fresh;
  const until = Math.min(sequence, shown.until);
  for (const symbol of fresh) {
    marksFrom.set(symbol, sequence);
    tables.marketDataCache.load(symbol, undefined);
    tables.priceMarks.loadGroup(symbol, []);
  }
  for (const row of await reader.market(fresh, { ...shown, until })) {
    const market = tables.marketDataCache.shape.decode(row);
    tables.marketDataCache.load(market.symbol, market);
  }
  return fresh;
};

type Step =
  | { readonly sequence: number; readonly mark: PriceMarkRecord }
  | { readonly sequence: number; readonly event: RecordedEvent };

const applyMark = ({ sequence, ...mark }: PriceMarkRecord, tables: Tables): void => {
  const data: PriceMarked = { type: 'PriceMarked', ...mark };
  projectMark({ data, sequence }, tables);
};

/** Applies the steps from `next` on whose sequence is not over `most`; returns the place of the first that is. */
const applyUpTo = (tables: Tables, steps: readonly Step[], next: number, most: number): number => {
  for (let place = next; ; place += 1) {
    const step = steps[place];
    if (step === undefined || step.sequence > most) return place;
    if ('mark' in step) applyMark(step.mark, tables);
    else project(step.event, tables);
  }
};

/** Projects events and marks in the order of the log, with what they need loaded before. */
const applySteps = async (fold: Fold, steps: readonly Step[]): Promise<void> => {
  const { tables } = fold;
  const events = steps.flatMap((step) => ('event' in step ? [step.event] : []));
  const reader = rowsReaderOf(fold);
  let next = 0;
  for (const segment of segments(events)) {
    const [first, last] = [segment[0], segment.at(-1)];
    if (first === undefined || last === undefined) continue;
    // Marks before a segment first: what is loaded for it looks at them.
    next = applyUpTo(tables, steps, next, first.sequence - 1);
    await load(tables, reader, segment);
    next = applyUpTo(tables, steps, next, last.sequence);
  }
  applyUpTo(tables, steps, next, Number.MAX_SAFE_INTEGER);
};

/** When the account's events of a stretch happened. */
export type Happenings = (
  events: readonly RecordedEvent[],
) => Promise<ReadonlyMap<number, Happening>>;

/** As a segment kept them. */
export const keptHappenings = ({ happenings }: SegmentFacts): Happenings => {
  const kept = new Map(happenings.map(([sequence, at, origin]) => [sequence, { at, origin }]));
  return async (events) =>
    new Map(
      events.map(({ sequence, effectiveAt }) => [
        sequence,
        kept.get(sequence) ?? { at: effectiveAt, origin: sequence },
      ]),
    );
};

const touched = (events: readonly RecordedEvent[], facts: Facts) => {
  const orders = new Set<OrderId>();
  const fills = new Set<ExecutionId>();
  for (const { data } of events) {
    if ('orderId' in data && data.orderId !== null && !facts.orders.has(data.orderId)) {
      orders.add(data.orderId);
    }
    const restates = data.type === 'FillBusted' || data.type === 'FillCorrected';
    if (restates && !facts.fills.has(data.executionId)) fills.add(data.executionId);
  }
  return { orders: [...orders], fills: [...fills] };
};

/** Worked out on from the end of the last segment, which needs every event of the account from there on. */
export const freshHappenings = (
  reader: PastReader,
  at: AtSegment,
  last: SegmentFacts | null,
): { readonly facts: Facts; readonly happenings: Happenings } => {
  const facts = factsFrom(last);
  return {
    facts,
    happenings: async (events) => {
      if (last !== null) {
        const { orders, fills } = touched(events, facts);
        learn(facts, await reader.times(at, orders, fills));
      }
      return new Map(events.map((event) => [event.sequence, happeningOf(event, facts)]));
    },
  };
};

/** What a window of the log showed. */
export type Window = {
  readonly end: Place;
  /** The account's events, whether the view shows them or not. */
  readonly events: readonly RecordedEvent[];
  readonly happenings: ReadonlyMap<number, Happening> | null;
  /** When sessions and marks happened that the fold looked at. */
  readonly marketTimes: readonly Instant[];
  readonly isLast: boolean;
};

/** How far one window may go in the log, so that the marks in it can be held. */
const windowMost = 50_000;

export type WindowAsked = {
  readonly from: Place;
  readonly through: number;
  /** Events of the account in it, at most. */
  readonly eventsMost: number;
  /** Null where the view shows all of them. */
  readonly happenings: Happenings | null;
  /** Symbols besides those in the tables whose marks' times are wanted. */
  readonly alsoMarksOf?: readonly Ticker[];
};

/** Folds the next window of the log, up to `through` at most. */
export const foldWindow = async (fold: Fold, asked: WindowAsked): Promise<Window> => {
  const { reader, accountId, shown, tables } = fold;
  const { from, eventsMost, happenings } = asked;
  const limit = Math.min(asked.through, from.sequence + windowMost, shown.until);
  const account = accountStream(accountId);
  const events = await reader.streamAfter(account, from.revision, limit, eventsMost);
  const last = events.at(-1);
  const through = events.length === eventsMost && last !== undefined ? last.sequence : limit;
  const sessions: RecordedEvent[] = [];
  for (;;) {
    const after = sessions.at(-1)?.revision ?? from.sessions;
    const page = await reader.streamAfter(sessionsStream, after, through, 500);
    sessions.push(...page);
    if (page.length < 500) break;
  }
  const times = happenings === null ? null : await happenings(events);
  const { end } = shown;
  const isShown = (event: RecordedEvent): boolean => {
    if (end === null) return true;
    const { sequence, effectiveAt } = event;
    return isBy(end, times?.get(sequence) ?? { at: effectiveAt, origin: sequence });
  };
  const included = events.filter(isShown);
  const traded = included.flatMap((event) => tradedIn(event) ?? []);
  await bringMarket(fold, traded, from.sequence);
  const symbols = new Set([...fold.marksFrom.keys(), ...(asked.alsoMarksOf ?? [])]);
  const marks = (await reader.marks([...symbols], from.sequence, through, shown)).map(
    tables.priceMarks.shape.decode,
  );
  const steps: Step[] = [
    ...included.map((event): Step => ({ sequence: event.sequence, event })),
    ...sessions.filter(isShown).map((event): Step => ({ sequence: event.sequence, event })),
    ...marks
      .filter(({ symbol }) => fold.marksFrom.has(symbol))
      .map((mark): Step => ({ sequence: mark.sequence, mark })),
  ].toSorted((left, right) => left.sequence - right.sequence);
  await applySteps(fold, steps);
  return {
    end: {
      sequence: through,
      revision: last?.revision ?? from.revision,
      sessions: sessions.at(-1)?.revision ?? from.sessions,
    },
    events,
    happenings: times,
    marketTimes: [
      ...sessions.map(({ effectiveAt }) => effectiveAt),
      ...marks.map(({ markedAt }) => markedAt),
    ],
    isLast: through >= Math.min(asked.through, shown.until),
  };
};
