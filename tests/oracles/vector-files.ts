import { roundedCash } from '#api/demo/decimal-text.ts';
import { type RunDay, readRun } from '#api/demo/zipline-run.ts';
import { add, type Cash, sum, zeroCash, zeroQuantity } from '#domain/money.ts';
import type { PositionRecord } from '#projections/positions/table.ts';
import { currentPrice, marketValue } from '#projections/positions/value.ts';
import {
  type Exact,
  exact,
  fromText,
  meets,
  ofAverage,
  ofCash,
  ofPrice,
  ofQuantity,
  shown,
  within,
} from './exact.ts';
import type { Checks } from './report.ts';
import { accountOfReplay, type ReplayedRun, replayRun } from './run-zipline.ts';
import { fields, onlyKnown, text, type Vector } from './vector.ts';

type Wanted = { readonly actual: Exact; readonly tolerance: Exact };

const none = exact(0n);
const billionth = exact(1n, 10n ** 9n);

/** The one symbol that is still held. */
const onlyPosition = ({ world }: ReplayedRun): PositionRecord => {
  const held = world.tables.positions.group(accountOfReplay);
  const [position] = held;
  if (position === undefined || held.length > 1) {
    throw new TypeError(`a figure of one position, but ${held.length} are held`);
  }
  return position;
};

const cashOf = ({ world }: ReplayedRun): Cash =>
  world.tables.accounts.get(accountOfReplay)?.cash ?? zeroCash;

const marketOf = ({ world }: ReplayedRun, { symbol }: PositionRecord) =>
  world.tables.marketDataCache.get(symbol);

const valueOf = (replay: ReplayedRun): Cash =>
  add(
    cashOf(replay),
    sum(
      replay.world.tables.positions
        .group(accountOfReplay)
        .map((held) => marketValue(held, marketOf(replay, held))),
    ),
  );

/** Cash and value within what doubles can have lost, the basis to 10^-9 of itself, counts and shares exact. */
const figures: Readonly<Record<string, (replay: ReplayedRun, days: number) => Wanted>> = {
  days: (_, days) => ({ actual: exact(BigInt(days)), tolerance: none }),
  transactions: ({ world }) => ({
    actual: exact(BigInt([...world.tables.orderFills.values()].length)),
    tolerance: none,
  }),
  flips: ({ world }) => {
    const rows = [...world.tables.positionHistory.values()];
    const flips = rows.filter(({ closingReason }) => closingReason === 'flipped');
    return { actual: exact(BigInt(flips.length)), tolerance: none };
  },
  qty: (replay) => ({ actual: ofQuantity(onlyPosition(replay).quantity), tolerance: none }),
  avg_cost_incl_fees: (replay) => {
    const { symbol, cost, quantity } = onlyPosition(replay);
    const actual = ofAverage(add(cost, replay.fees.feesOf(symbol)), quantity);
    return { actual, tolerance: exact(actual.numerator, actual.denominator * 10n ** 9n) };
  },
  last_price: (replay) => {
    const position = onlyPosition(replay);
    return {
      actual: ofPrice(currentPrice(position, marketOf(replay, position))),
      tolerance: billionth,
    };
  },
  cash: (replay) => ({ actual: ofCash(cashOf(replay)), tolerance: replay.cashNoise }),
  portfolio_value: (replay) => ({
    actual: ofCash(valueOf(replay)),
    tolerance: replay.valueNoise,
  }),
};

/** Shares by symbol, and nothing else held. */
const checkHeld = (checks: Checks, { world }: ReplayedRun, expected: unknown): void => {
  const held = new Map<string, PositionRecord>(
    world.tables.positions.group(accountOfReplay).map((row) => [row.symbol, row]),
  );
  for (const [symbol, shares] of Object.entries(fields(expected, 'positions'))) {
    const quantity = held.get(symbol)?.quantity ?? zeroQuantity;
    held.delete(symbol);
    checks.check(
      meets(text(shares, `positions.${symbol}`), ofQuantity(quantity), 'exact'),
      () => `positions.${symbol}: got ${shown(ofQuantity(quantity))}`,
    );
  }
  checks.check(held.size === 0, () => `positions: holds ${[...held.keys()].join(', ')} as well`);
};

const checkEnd = (
  checks: Checks,
  replay: ReplayedRun,
  run: readonly RunDay[],
  field: string,
  expected: unknown,
): void => {
  const figure = figures[field];
  if (field === 'positions') {
    checkHeld(checks, replay, expected);
    return;
  }
  if (figure === undefined) {
    checks.differ(`${field}: unknown field`);
    return;
  }
  const { actual, tolerance } = figure(replay, run.length);
  const wanted = text(expected, field);
  checks.check(
    within(actual, fromText(wanted), tolerance),
    () => `${field}: expected ${wanted}, got ${shown(actual)}`,
  );
};

/** Runs the zipline file that a vector names. Returns the name of a file that is missing, or null. */
export const checkFileVector = async (
  checks: Checks,
  vector: Vector,
  findFile: (name: string) => string | undefined,
): Promise<string | null> => {
  const [event, ...others] = vector.events;
  if (event === undefined || others.length > 0) throw new TypeError('one file is one event');
  onlyKnown(event, ['type', 'file'], 'events[0]');
  onlyKnown(vector.start, ['cash'], 'start');
  const name = text(event['file'], 'events[0].file').split('/').at(-1) ?? '';
  const path = findFile(name);
  if (path === undefined) return name;

  const run = readRun(path);
  const startCash = vector.start['cash'];
  if (startCash !== undefined) {
    const wanted = roundedCash(text(startCash, 'start.cash'));
    const opening = roundedCash(run[0]?.starting_cash ?? '0');
    checks.check(opening === wanted, () => `start.cash: the file starts with ${opening}e-18`);
  }
  const replay = await replayRun(vector.id, run);
  for (let count = 0; count < replay.report.passed; count += 1) checks.pass();
  for (const difference of replay.report.differences) checks.differ(difference);
  for (const entry of vector.expect) {
    for (const [field, expected] of Object.entries(entry)) {
      if (field !== 'after' && field !== 'note') checkEnd(checks, replay, run, field, expected);
    }
  }
  return null;
};
