import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import type { Cash, Price, Quantity } from '#domain/money.ts';
import { cash, notional, price, quantity } from '#domain/money.ts';
import type { BreakType } from '#domain/reconciliation/break-types.ts';
import { type Instant, instant } from '#domain/time.ts';
import { accountOne, fill, ticker } from '#tests/support/makers.ts';
import {
  anyMove,
  anyPolicy,
  commandOf,
  type Move,
  newWorld,
  opening,
  quotesIn,
} from '#tests/support/random-trading.ts';
import { type ReconcilingWorld, reconcilingWorld } from '#tests/support/reconciling.ts';

type Trade = Extract<StatementLine, { kind: 'trade' }>;
type CashLine = Extract<StatementLine, { kind: 'cash' | 'dividend' }>;

const run = async (
  policy: Parameters<typeof opening>[0],
  moves: readonly Move[],
): Promise<ReconcilingWorld> => {
  const trading = newWorld();
  const world = reconcilingWorld(quotesIn(trading));
  for (const command of opening(policy)) await world.ledger.tell(command);
  for (const move of moves) {
    const command = await world.ledger.inspect(accountOne, (state) =>
      commandOf(trading, state, move),
    );
    if (command !== null) await world.ledger.tell(command);
  }
  return world;
};

/** Shares and cash that the ends of a statement are moved by. */
const moved = (
  statement: BrokerStatement,
  {
    shares = 0n,
    money = 0n,
    symbol = 'ACME',
  }: { shares?: bigint; money?: bigint; symbol?: string },
): BrokerStatement => {
  const held = new Map(statement.positions?.map((one) => [one.symbol, one.quantity]));
  held.set(ticker(symbol), ((held.get(ticker(symbol)) ?? 0n) + shares) as Quantity);
  return {
    ...statement,
    cash: ((statement.cash ?? 0n) + money) as Cash,
    positions: [...held].map(([one, amount]) => ({ symbol: one, quantity: amount })),
  };
};

const worthOf = (trade: Trade): { shares: bigint; money: bigint; symbol: string } => {
  const sign = trade.side === 'buy' ? 1n : -1n;
  return {
    shares: sign * trade.quantity,
    money: -sign * notional(trade.price, trade.quantity) - trade.commission,
    symbol: trade.symbol,
  };
};
const minus = (one: ReturnType<typeof worthOf>) => ({
  ...one,
  shares: -one.shares,
  money: -one.money,
});

const without = (statement: BrokerStatement, line: StatementLine): BrokerStatement => ({
  ...statement,
  lines: statement.lines.filter((one) => one !== line),
});
const replaced = (
  statement: BrokerStatement,
  line: StatementLine,
  by: StatementLine,
): BrokerStatement => ({
  ...statement,
  lines: statement.lines.map((one) => (one === line ? by : one)),
});
const added = (
  statement: BrokerStatement,
  line: StatementLine extends infer One ? (One extends unknown ? Omit<One, 'row'> : never) : never,
): BrokerStatement => ({
  ...statement,
  lines: [...statement.lines, { ...line, row: statement.lines.length + 1 } as StatementLine],
});

const nextDay = (at: Instant): Instant =>
  instant(new Date(Date.parse(at) + 86_400_000).toISOString());
const late = instant('2030-05-06T15:00:00Z');

/** One lie, what it has to be called, and what it makes the ends differ by; null where there is nothing to lie about. */
type Planted = {
  readonly statement: BrokerStatement;
  readonly kind: BreakType;
  readonly shares: bigint;
  readonly money: bigint;
  /** Whether approving what is proposed mends it. */
  readonly mends: boolean;
};
type Distortion = (
  honest: BrokerStatement,
  pick: number,
  world: ReconcilingWorld,
) => Promise<Planted | null>;

const someTrade = ({ lines }: BrokerStatement, pick: number): Trade | undefined => {
  const trades = lines.filter((line): line is Trade => line.kind === 'trade');
  return trades[pick % Math.max(1, trades.length)];
};
const someCash = ({ lines }: BrokerStatement, pick: number): CashLine | undefined => {
  const moves = lines.filter(
    (line): line is CashLine => line.kind === 'cash' || line.kind === 'dividend',
  );
  return moves[pick % Math.max(1, moves.length)];
};

const restated =
  (kind: BreakType, change: (trade: Trade) => Trade): Distortion =>
  async (honest, pick) => {
    const trade = someTrade(honest, pick);
    if (trade === undefined) return null;
    const lie = change(trade);
    if (lie.quantity === trade.quantity && kind === 'quantity') return null;
    const [old, now] = [worthOf(trade), worthOf(lie)];
    const by = { shares: now.shares - old.shares, money: now.money - old.money };
    const statement = moved(replaced(honest, trade, lie), { ...by, symbol: trade.symbol });
    return { statement, kind, ...by, mends: true };
  };

const distortions: Readonly<Record<string, Distortion>> = {
  'a missing fill': async (honest) => {
    const trade: Omit<Trade, 'row'> = {
      kind: 'trade',
      reference: 'theirs alone',
      description: '',
      symbol: ticker('BIRD'),
      side: 'buy',
      quantity: quantity('3.5'),
      price: price('17.77'),
      commission: cash('0.25'),
      at: late,
    };
    const worth = worthOf({ ...trade, row: 0 });
    const statement = moved(added(honest, trade), worth);
    return { statement, kind: 'missing_fill', ...worth, mends: true };
  },
  'an unknown fill': async (honest, pick) => {
    const trade = someTrade(honest, pick);
    if (trade === undefined) return null;
    const worth = minus(worthOf(trade));
    const twin = honest.lines.some(
      (line) =>
        line.kind === 'trade' &&
        line !== trade &&
        line.symbol === trade.symbol &&
        line.side === trade.side &&
        line.quantity === trade.quantity &&
        line.price === trade.price &&
        line.at.slice(0, 10) === trade.at.slice(0, 10),
    );
    const kind = twin ? 'duplicate_fill' : 'unknown_fill';
    return { statement: moved(without(honest, trade), worth), kind, ...worth, mends: true };
  },
  'a fill booked twice': async (honest, pick, world) => {
    const trade = someTrade(honest, pick);
    if (trade === undefined) return null;
    const again = fill('booked again', null, '1', '1', { commission: '0' });
    const { symbol, side, price: paid, quantity: shares, commission, at } = trade;
    const told = { symbol, side, price: paid, quantity: shares, commission, at };
    await world.ledger.tell({ ...again, ...told });
    const worth = minus(worthOf(trade));
    return { statement: honest, kind: 'duplicate_fill', ...worth, mends: true };
  },
  'another quantity': restated('quantity', (trade) => ({
    ...trade,
    // Less of it: more than was ordered would be disputed.
    quantity: (trade.quantity > 1n ? trade.quantity - trade.quantity / 3n - 1n : 1n) as Quantity,
  })),
  'another price': restated('price', (trade) => ({
    ...trade,
    price: (trade.price + 10n ** 7n) as Price,
  })),
  'another fee': restated('fee', (trade) => ({
    ...trade,
    commission: (trade.commission + 10n ** 16n) as Cash,
  })),
  'another day': async (honest, pick) => {
    const trade = someTrade(honest, pick);
    if (trade === undefined) return null;
    const statement = replaced(honest, trade, { ...trade, at: nextDay(trade.at) });
    return { statement, kind: 'timing', shares: 0n, money: 0n, mends: false };
  },
  'missing cash': async (honest) => {
    const amount = cash('77777.000000000000000003');
    const line = {
      kind: 'cash',
      category: 'deposit',
      reference: 'planted wire',
      description: '',
    } as const;
    const statement = moved(added(honest, { ...line, amount, at: late }), { money: amount });
    return { statement, kind: 'missing_cash', shares: 0n, money: amount, mends: true };
  },
  'unknown cash': async (honest, pick) => {
    const line = someCash(honest, pick);
    if (line === undefined) return null;
    const money = -line.amount;
    const statement = moved(without(honest, line), { money });
    return { statement, kind: 'unknown_cash', shares: 0n, money, mends: true };
  },
  'another amount': async (honest, pick) => {
    const line = someCash(honest, pick);
    // One cent more must not turn a payment into nothing, or into one the other way round.
    if (line === undefined || (line.amount < 0n && line.amount > -(10n ** 17n))) return null;
    const money = 10n ** 16n + 1n;
    const lie = { ...line, amount: (line.amount + money) as Cash };
    const statement = moved(replaced(honest, line, lie), { money });
    return { statement, kind: 'amount', shares: 0n, money, mends: true };
  },
  'an unbooked dividend': async (honest) => {
    const held = honest.positions?.[0];
    if (held === undefined) return null;
    const { symbol, quantity: shares } = held;
    const perShare = price('0.123');
    const amount = notional(perShare, shares);
    const line = {
      kind: 'dividend',
      reference: 'planted dividend',
      description: '',
      symbol,
    } as const;
    const statement = moved(
      added(honest, { ...line, amount, quantity: shares, perShare, at: late }),
      {
        money: amount,
      },
    );
    return { statement, kind: 'unbooked_dividend', shares: 0n, money: amount, mends: true };
  },
  'an unbooked split': async (honest) => {
    const held = honest.positions?.[0];
    if (held === undefined) return null;
    const { symbol, quantity: shares } = held;
    const line = { kind: 'split', reference: 'planted split', description: '', symbol } as const;
    const told = added(honest, { ...line, newShares: 3n, oldShares: 1n, at: late });
    const statement = moved(told, { shares: 2n * shares, symbol });
    return { statement, kind: 'unbooked_split', shares: 2n * shares, money: 0n, mends: true };
  },
  'another holding': async (honest) => {
    const statement = moved(honest, { shares: 10n ** 9n });
    return { statement, kind: 'position', shares: 10n ** 9n, money: 0n, mends: false };
  },
  'another balance': async (honest) => {
    const statement = moved(honest, { money: -5n * 10n ** 18n });
    return { statement, kind: 'cash_balance', shares: 0n, money: -5n * 10n ** 18n, mends: true };
  },
};

const anyMoves = fc.array(anyMove, { minLength: 20, maxLength: 80 });
const runs = 60;

describe('a random ledger and an honest statement of it', () => {
  it('show no break', async () => {
    await fc.assert(
      fc.asyncProperty(anyPolicy, anyMoves, async (policy, moves) => {
        const world = await run(policy, moves);
        const { breaks, matched, lines } = await world.compare(await world.statement());
        deepEqual(breaks, []);
        equal(matched, lines);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a random ledger and a statement with one lie', () => {
  for (const [name, distort] of Object.entries(distortions)) {
    it(`shows ${name} and nothing else, and its approved correction mends it`, async () => {
      let planted = 0;
      await fc.assert(
        fc.asyncProperty(anyPolicy, anyMoves, fc.nat(1000), async (policy, moves, pick) => {
          // A split changes what shares mean; what it does to breaks has tests of its own.
          const world = await run(
            policy,
            moves.filter(({ kind }) => kind !== 'split'),
          );
          const lie = await distort(await world.statement(), pick, world);
          if (lie === null) return;
          planted += 1;
          const { breaks, balances } = await world.compare(lie.statement);
          deepEqual(
            breaks.map(({ kind, cash: money, shares }) => ({ kind, money, shares })),
            [{ kind: lie.kind, money: lie.money, shares: lie.shares }],
          );
          const [found] = breaks;
          ok(found !== undefined);
          equal(found.correction !== null, lie.mends, found.why);
          if (found.kind !== 'position' && found.kind !== 'cash_balance') {
            equal(balances.cash?.unexplained, 0n);
          }
          if (!lie.mends) return;
          await world.record(lie.statement);
          const decided = await world.approve(found.breakId);
          equal(
            decided.kind,
            'done',
            JSON.stringify(decided, (_, v) => `${v}`),
          );
          deepEqual((await world.compare(lie.statement)).breaks, []);
        }),
        { numRuns: runs },
      );
      ok(planted > runs / 3, `${planted} lies of ${runs} runs`);
    });
  }
});
