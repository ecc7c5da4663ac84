import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ledger } from '#commands/ledger.ts';
import type { AccountId, Actor, Symbol as Ticker } from '#domain/ids.ts';
import { add, formatCash, formatQuantity } from '#domain/money.ts';
import { marketValue } from '#projections/positions/value.ts';
import { createWorld, type World } from '#tests/oracles/world.ts';
import { type DemoSummary, loadDemo } from './load-demo.ts';
import { runQuotes } from './run-quotes.ts';
import { runPolicy } from './run-steps.ts';
import { readBuyapple } from './zipline-run.ts';

const run = readBuyapple();
const accountId = '0192d4b6-0000-7000-8000-00000000de30' as AccountId;
const apple = 'AAPL' as Ticker;

type Setup = { readonly world: World; readonly load: (ledger?: Ledger) => Promise<DemoSummary> };

const setUp = (): Setup => {
  const quotes = runQuotes(run);
  const world = createWorld(quotes);
  const account = {
    accountId,
    accountNumber: 'DEMO-1',
    policy: runPolicy('cash'),
    fills: 'of_orders',
  } as const;
  const { market } = world;
  const load = (ledger = world.ledger) =>
    loadDemo({ ledger, market, quotes, account, run, actor: 'demo' as Actor, source: 'demo' });
  return { world, load };
};

const standing = ({ tables }: World) => {
  const account = tables.accounts.get(accountId);
  const position = tables.positions.get(`${accountId}/${apple}`);
  assert.ok(account !== undefined && position !== undefined);
  const value = marketValue(position, tables.marketDataCache.get(apple));
  return {
    shares: formatQuantity(position.quantity),
    cash: formatCash(account.cash),
    value: formatCash(add(account.cash, value)),
    reserved: formatCash(account.reserved),
    sessions: [...tables.portfolioSnapshots.values()].length,
  };
};

const end = {
  shares: '8580',
  cash: '9301541.07',
  value: '10228181.07',
  reserved: '0',
  sessions: 211,
};

/** A ledger whose process dies after so many commands. */
const dyingAfter = (commands: number, { handle, inspect }: Ledger): Ledger => {
  let left = commands;
  return {
    inspect,
    handle: async (meta, command) => {
      left -= 1;
      if (left < 0) throw new Error('killed');
      return handle(meta, command);
    },
  };
};

describe('the demo account', () => {
  it('ends where the run ended, to the cent', async () => {
    const { world, load } = setUp();
    const summary = await load();
    await world.catchUp();
    assert.deepEqual(standing(world), end);
    assert.equal(summary.sessions, 211);
  });

  it('loaded twice changes nothing', async () => {
    const { world, load } = setUp();
    await load();
    const head = await world.store.head();
    const second = await load();
    assert.equal(second.eventsRecorded, 0);
    assert.equal(await world.store.head(), head);
  });

  for (const commands of [1, 2, 5, 100, 326, 400, 630]) {
    it(`goes on where a load that died after ${commands} commands stopped`, async () => {
      const { world, load } = setUp();
      await assert.rejects(load(dyingAfter(commands, world.ledger)), /killed/);
      await load();
      await world.catchUp();
      assert.deepEqual(standing(world), end);
    });
  }

  it('stops where the ledger refuses a step of the run', async () => {
    const { world, load } = setUp();
    const refusing: Ledger = {
      inspect: world.ledger.inspect,
      handle: (meta, command) =>
        world.ledger.handle(
          meta,
          command.type === 'DepositCash' ? { ...command, amount: 0n as never } : command,
        ),
    };
    await assert.rejects(load(refusing), /the demo.s \w+ at \S+ was refused/);
  });
});
