import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { UsageError } from '#api/cli/command-line.ts';
import { dump } from '#projections/batch.ts';
import { foldLedger } from '#projections/fold.ts';
import { createTables, type Tables } from '#projections/tables.ts';
import { randomHistory, uuid } from '../support/account-histories.ts';
import { dumpSchema, liveSchema } from '../support/read-tables.ts';
import { type ReplayWorld, replayWorld } from './replay-world.ts';

const log = randomHistory({ seed: 51, accounts: 3, symbols: 3, events: 500, rare: true });
const account = uuid(2);

describe('ledger replay', () => {
  let world: ReplayWorld;
  let client: pg.Client;
  before(async () => {
    world = await replayWorld(log);
    client = new pg.Client({ connectionString: world.connectionString });
    await client.connect();
  });
  after(async () => {
    await client.end();
    await world.close();
  });
  const replay = (...words: readonly string[]) => world.run('replay', words);

  it('builds what the live projector has', async () => {
    const { code, out } = await replay('--into', 'audit');
    equal(code, 0);
    match(out, /^Built audit: every account up to event 500, cost rule average/);
    equal(await dumpSchema(client, 'audit'), await dumpSchema(client, 'read_v1'));
  });

  it('builds what was there after an earlier event', async () => {
    const { out } = await replay('--into', 'early', '--to', '321', '--json');
    const { schema, sequence, cost, account_id } = JSON.parse(out);
    deepEqual([schema, sequence, cost, account_id], ['early', 321, 'average', null]);
    equal(await dumpSchema(client, 'early'), dump(foldLedger(log.slice(0, 321))));
  });

  it('builds by another cost rule, and remembers how', async () => {
    equal((await replay('--into', 'dearest', '--cost', 'highest')).code, 0);
    const folded = foldLedger(log, createTables(true, { cost: 'highest' }));
    equal(await dumpSchema(client, 'dearest'), dump(folded));
    const { rows } = await world.sql('SELECT cost, to_sequence, account_id FROM dearest.build');
    deepEqual(rows, [{ cost: 'highest', to_sequence: '500', account_id: null }]);
  });

  it('builds one account as it is among the others', async () => {
    equal((await replay('--into', 'mine', '--account', account, '--to', '450')).code, 0);
    const whole = foldLedger(log.slice(0, 450));
    const one = accountTables(await dumpSchema(client, 'mine'));
    equal(one === accountTables(dump(tablesOf(whole))), true);
    const { rows } = await world.sql(
      `SELECT checkpoint, state FROM ledger.projection_status WHERE schema_name = 'mine'`,
    );
    deepEqual(rows, [{ checkpoint: '450', state: 'idle' }]);
  });

  it('is no business of the server: a rebuild leaves it alone', async () => {
    equal((await world.run('rebuild', [])).code, 0);
    deepEqual(await world.schemas(), ['audit', 'dearest', 'early', 'mine', liveSchema]);
    equal(await dumpSchema(client, liveSchema), await dumpSchema(client, 'audit'));
  });

  it('refuses a name that is taken, and replaces only what it has made', async () => {
    match((await replay('--into', 'audit')).told, /--replace builds it anew/);
    equal((await replay('--into', 'audit', '--to', '10', '--replace')).code, 0);
    equal(await dumpSchema(client, 'audit'), dump(foldLedger(log.slice(0, 10))));
    await world.sql('CREATE SCHEMA reports');
    for (const name of ['ledger', 'live', 'identity', 'public', 'pg_new', liveSchema, 'reports']) {
      const { code, told } = await replay('--into', name, '--replace');
      equal(code, 2, name);
      match(told, /schema/, name);
    }
    for (const name of ['Audit', '1st', 'a b', 'x"; DROP SCHEMA ledger', 'replay_tmp_1']) {
      equal((await replay('--into', name)).code, 2, name);
    }
  });

  it('drops a replay, and nothing else', async () => {
    match((await replay('--drop', 'early')).out, /Dropped early/);
    for (const name of ['early', liveSchema, 'ledger', 'reports']) {
      const { code, told } = await replay('--drop', name);
      deepEqual([code, told], [2, `ledger: There is no replay ${name}.`]);
    }
    deepEqual(await world.schemas(), ['audit', 'dearest', 'mine', liveSchema]);
  });

  it('leaves nothing where it is interrupted', async () => {
    await rejects(world.run('replay', ['--into', 'broken'], AbortSignal.abort()));
    deepEqual(await world.schemas(), ['audit', 'dearest', 'mine', liveSchema]);
  });

  it('takes what a killed one has left for unfinished, until it is replaced', async () => {
    const terms = { rules: { cost: 'average' }, to: null, accountId: null } as const;
    const killed = await world.host.open('left', terms, { replace: false });
    const busy = await replay('--into', 'left', '--replace');
    deepEqual([busy.code, busy.told], [2, 'ledger: left is just being built by another process.']);
    await killed.close();
    equal((await replay('--into', 'left')).code, 2);
    await rejects(world.run('diff', ['live', 'left']), /not built to its end/);
    equal((await replay('--into', 'left', '--replace')).code, 0);
    equal(await dumpSchema(client, 'left'), await dumpSchema(client, liveSchema));
  });

  it('ends with 2 where it is asked for what is not there', async () => {
    match((await replay('--into', 'later', '--to', '501')).told, /the log ends at 500/);
    match((await replay('--into', 'nobody', '--account', uuid(99))).told, /no account/);
    await rejects(replay('--into', 'what', '--cost', 'cheapest'), UsageError);
    await rejects(replay('--to', '5'), UsageError);
    await rejects(replay('--drop', 'audit', '--to', '5'), UsageError);
    deepEqual(await world.schemas(), ['audit', 'dearest', 'left', 'mine', liveSchema]);
  });
});

/** A dump without the tables of the markets. */
const accountTables = (text: string): string =>
  text
    .split(/\n\n(?=[a-z_]+\n)/)
    .map((part) => part.trim())
    .filter((part) => !/^(market_data_cache|price_marks)(\n|$)/.test(part))
    .join('\n\n');

/** What of some tables is the account's. */
const tablesOf = (whole: Tables): Tables => {
  const tables = createTables(true);
  const from = Object.entries(whole) as [keyof Tables, Tables['orders']][];
  for (const [name, table] of from) {
    const into = tables[name] as Tables['orders'];
    if (typeof table?.values !== 'function' || !('shape' in table)) continue;
    for (const row of table.values()) if (row.accountId === account) into.put(row);
  }
  return tables;
};
