import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { accountCommand } from '#api/cli/account.ts';
import { runCommandLine } from '#api/cli/command-line.ts';
import { eventsCommand } from '#api/cli/events.ts';
import { orderCommand } from '#api/cli/order.ts';
import { statusCommand } from '#api/cli/status.ts';
import { eventTypes } from '#audit/look/event-types.ts';
import { eventSchemas } from '#database/event-catalogue.ts';
import { type AccountId, accountStream, type OrderId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { foldLedger } from '#projections/fold.ts';
import { randomHistory, uuid } from '../support/account-histories.ts';
import {
  acceptance,
  deposit,
  fill,
  openAccount,
  orderId,
  replace,
  replaceConfirmed,
  submit,
} from '../support/makers.ts';
import { ledgerOn, memoryStore, wholeLog } from '../support/memory-ledger.ts';
import { ledgerOf, type TestedLedger } from './look-world.ts';

const history = randomHistory({ seed: 11, accounts: 2, symbols: 3, events: 500, rare: true });
const account = uuid<AccountId>(1);
const root = join(import.meta.dirname, '..', '..');

const asking =
  (ledger: TestedLedger) =>
  async (...words: readonly string[]) => {
    const [out, told]: [string[], string[]] = [[], []];
    const speech = {
      out: (line: string) => void out.push(line),
      tell: (line: string) => void told.push(line),
      draw: () => {},
      isWatched: false,
    };
    const { look } = ledger;
    const now = () => Date.now();
    const commands = [eventsCommand(look), orderCommand(look), accountCommand(look)];
    const all = [...commands, statusCommand(look, now)];
    const code = await runCommandLine(all, words, speech, new AbortController().signal);
    return { code, out, told: told.join('\n') };
  };

const sequencesIn = (lines: readonly string[]): readonly number[] =>
  lines.map((line) => JSON.parse(line).sequence);

describe('the commands that look at a ledger', () => {
  let ledger: TestedLedger;
  let log: readonly RecordedEvent[];
  let ask: ReturnType<typeof asking>;
  before(async () => {
    ledger = await ledgerOf(history);
    log = await ledger.store.readAll({ after: 0, limit: 10_000 });
    ask = asking(ledger);
  });
  after(() => ledger.close());

  it('know every type of event', () => {
    deepEqual(eventTypes, Object.keys(eventSchemas));
  });

  it('show events, one a line, as they are stored', async () => {
    const { code, out } = await ask('events', '--json');
    equal(code, 0);
    deepEqual(
      sequencesIn(out),
      log.map(({ sequence }) => sequence),
    );
    const [first] = out;
    match(first ?? '', /^\{"sequence":1,"hash":"[0-9a-f]{64}","stream":"account-/);
    const lines = (await ask('events', '--type', 'orderfilled', '--limit', '3')).out;
    equal(lines.length, 3);
    for (const line of lines)
      match(line, /^ +\d+ {2}\d{4}-.* {2}OrderFilled +account-\S+ +executionId=/);
  });

  it('show the events that a filter leaves', async () => {
    const cases: readonly [string[], (event: RecordedEvent) => boolean][] = [
      [['--account', account.toUpperCase()], ({ stream }) => stream === accountStream(account)],
      [['--from', '100', '--to', '120'], ({ sequence }) => sequence >= 100 && sequence <= 120],
      [
        ['--type', 'FillBusted', '--type', 'StockSplit'],
        ({ data }) => data.type === 'FillBusted' || data.type === 'StockSplit',
      ],
    ];
    for (const [words, accepts] of cases) {
      const { code, out } = await ask('events', '--json', ...words);
      equal(code, 0);
      deepEqual(
        sequencesIn(out),
        log.filter(accepts).map(({ sequence }) => sequence),
        words.join(' '),
      );
    }
  });

  it("show an order's timeline, which ends where its row is", async () => {
    const rows = [...foldLedger(log).orders.values()];
    ok(rows.length > 40);
    for (const row of rows.slice(0, 40)) {
      const { code, out, told } = await ask('order', row.orderId, '--json');
      deepEqual([code, told], [0, '']);
      const { timeline, order } = JSON.parse(out[0] ?? '');
      const last = timeline.at(-1);
      deepEqual(
        [last.status, last.reserved_cash, last.filled_quantity, order.order_id],
        [order.status, order.reserved_cash, order.filled_quantity, row.orderId],
      );
      const own = log.filter(({ data }) => 'orderId' in data && data.orderId === row.orderId);
      deepEqual(
        timeline.map((step: { hash: string }) => step.hash),
        own.map(({ hash }) => hash),
      );
      const events = await ask('events', '--order', row.orderId, '--json');
      equal(events.out.length, timeline.length);
    }
    const [some] = rows;
    const { out } = await ask('order', some?.orderId ?? '');
    match(out.join('\n'), /client order id[\s\S]*SEQUENCE +EFFECTIVE +EVENT/);
  });

  it("show an account's figures as its row has them", async () => {
    const row = foldLedger(log).accounts.get(account);
    const byId = await ask('account', account, '--json');
    const byNumber = await ask('account', row?.accountNumber ?? '', '--json', '--events', '3');
    const shown = JSON.parse(byNumber.out[0] ?? '');
    deepEqual(shown.account, JSON.parse(byId.out[0] ?? '').account);
    equal(shown.account.sequence, row?.sequence);
    const own = log.filter(({ stream }) => stream === accountStream(account));
    deepEqual(
      shown.events.map(({ sequence }: { sequence: number }) => sequence),
      own.slice(-3).map(({ sequence }) => sequence),
    );
    const lines = (await ask('account', account)).out.join('\n');
    for (const heading of ['buying power', 'Positions', 'Last events'])
      match(lines, new RegExp(heading));
  });

  it('say that all is well where it is', async () => {
    const { code, out, told } = await ask('status');
    deepEqual([code, told], [0, '']);
    match(out.join('\n'), new RegExp(`head +${log.length}\n[\\s\\S]*gaps +none[\\s\\S]*read_v1`));
    const json = JSON.parse((await ask('status', '--json')).out[0] ?? '');
    deepEqual([json.findings, json.read_tables[0].lag_events], [[], 0]);
  });

  it('do not know what there is not', async () => {
    const unknown = uuid<OrderId>(424_242);
    for (const words of [
      ['order', unknown],
      ['account', unknown],
      ['account', 'A-77'],
      ['events', '--order', unknown],
    ]) {
      const { code, told } = await ask(...words);
      equal(code, 2);
      match(told, /There is no (order|account)/);
    }
    equal((await ask('order', 'mine')).code, 2);
    equal((await ask('order')).code, 2);
  });

  const start = (...words: readonly string[]) => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    return spawn(process.execPath, [join(root, 'ledger.ts'), ...words], {
      cwd: root,
      env: { ...env, DATABASE_URL: ledger.connectionString },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };

  it('end quietly where nobody reads on', async () => {
    const child = start('events', '--json');
    const ended = once(child, 'exit');
    const told = text(child.stderr);
    child.stdout.once('data', () => child.stdout.destroy());
    child.stdout.on('error', () => {});
    deepEqual([(await ended)[0], await told], [0, '']);
  });

  it('follow what is written until they are interrupted', async () => {
    const child = start('events', '--follow', '--json', '--from', String(log.length + 1));
    const ended = once(child, 'exit');
    const told = text(child.stderr);
    const seen = once(child.stdout, 'data');
    const [opening] = randomHistory({ seed: 5, accounts: 1, symbols: 1, events: 1, rare: false });
    if (opening === undefined) throw new Error('there is no event');
    const stream = accountStream(uuid<AccountId>(88));
    await ledger.append([{ ...opening, id: uuid(5_000_001), stream, revision: 1 }]);
    deepEqual(
      sequencesIn(
        String((await seen)[0])
          .trim()
          .split('\n'),
      ),
      [log.length + 1],
    );
    child.kill('SIGINT');
    deepEqual([(await ended)[0], await told], [0, '']);
  });
});

describe('a ledger whose read tables are behind', () => {
  let ledger: TestedLedger;
  before(async () => {
    ledger = await ledgerOf(history.slice(0, 100));
    await ledger.append(history.slice(100));
  });
  after(() => ledger.close());

  it('says by how much, and still finds every order', async () => {
    const ask = asking(ledger);
    const json = JSON.parse((await ask('status', '--json')).out[0] ?? '');
    equal(json.read_tables[0].lag_events, history.length - 100);
    notEqual(json.read_tables[0].waiting_since, null);
    for (const row of [...foldLedger(history).orders.values()].slice(-20)) {
      const { code, out } = await ask('order', row.orderId, '--json');
      equal(code, 0);
      equal(JSON.parse(out[0] ?? '').timeline.at(-1).status, row.status);
    }
  });
});

describe('an order that replaced one that replaced another', () => {
  const shownBy = async (ledger: TestedLedger, id: string) => {
    const { code, out, told } = await asking(ledger)('order', orderId(id), '--json');
    deepEqual([code, told], [0, '']);
    const { timeline, differences } = JSON.parse(out[0] ?? '');
    deepEqual(differences, []);
    return timeline.map((step: { type: string; status: string; reserved_cash: string }) => [
      step.type,
      step.status,
      step.reserved_cash,
    ]);
  };
  const asked = ['OrderReplaceRequested', null, null];

  it('is traced to its beginning, whether the read tables have got there or not', async () => {
    const store = memoryStore();
    const made = ledgerOn({ store });
    await made.told(openAccount(), deposit('10000'));
    await made.told(submit('a', { quantity: '10', type: 'limit', limit: '9' }), acceptance('a'));
    await made.told(replace('a', 'b', { quantity: '20' }), replaceConfirmed('a', 'b'));
    await made.told(replace('b', 'c', { quantity: '30' }), replaceConfirmed('b', 'c'));
    await made.told(fill('x1', 'c', '30', '9'));
    const events = await wholeLog(store);
    for (const read of [events.length, 4, 6]) {
      await using ledger = await ledgerOf(events.slice(0, read));
      await ledger.append(events.slice(read));
      const [b, c] = [await shownBy(ledger, 'b'), await shownBy(ledger, 'c')];
      deepEqual(
        c.map(([type, status]: string[]) => [type, status]),
        [
          [asked[0], asked[1]],
          ['OrderReplaced', 'accepted'],
          ['OrderFilled', 'filled'],
        ],
      );
      deepEqual([c[0], c.at(-1)], [asked, ['OrderFilled', 'filled', '0']]);
      deepEqual(
        b.map(([type, status]: string[]) => [type, status]),
        [
          [asked[0], asked[1]],
          ['OrderReplaced', 'accepted'],
          ['OrderReplaceRequested', 'pending_replace'],
          ['OrderReplaced', 'replaced'],
        ],
      );
    }
  });
});

describe('a ledger that has been sealed', () => {
  it('says how far', async () => {
    await using ledger = await ledgerOf(history.slice(0, 30));
    const text =
      '{"version":1,"number":2,"from":11,"to":25,"root":"","previous":"","sealed_at":"2026-01-05T00:00:00Z","key":""}';
    await ledger.tamper(`INSERT INTO ledger.seals (number, text, signature) VALUES (2, $1, '')`, [
      text,
    ]);
    const { code, out } = await asking(ledger)('status');
    equal(code, 0);
    match(
      out.join('\n'),
      /last seal +number 2, events 11 to 25, 2026-01-05T00:00:00Z; 5 events since/,
    );
    equal(JSON.parse((await asking(ledger)('status', '--json')).out[0] ?? '').last_seal, text);
  });
});

describe('a ledger that somebody has changed', () => {
  let ledger: TestedLedger;
  let ask: ReturnType<typeof asking>;
  before(async () => {
    ledger = await ledgerOf(history);
    ask = asking(ledger);
  });
  after(() => ledger.close());

  it('has an order whose row is not what its events say', async () => {
    const [row] = [...foldLedger(history).orders.values()].filter(
      ({ status }) => status === 'filled',
    );
    const id = row?.orderId ?? '';
    await ledger.tamper(`UPDATE read_v1.orders SET status = 'canceled' WHERE order_id = $1`, [id]);
    const { code, told } = await ask('order', id);
    equal(code, 1);
    match(told, /differ from the log in status/);
  });

  it('shows a corrupt event, and says that it is', async () => {
    await ledger.tamper(`UPDATE ledger.events SET type = 'FeeCharged' WHERE sequence = 50`);
    await ledger.tamper(`UPDATE ledger.events SET body = 'nothing' WHERE sequence = 51`);
    const { code, out, told } = await ask('events', '--json', '--from', '49', '--to', '52');
    equal(code, 1);
    deepEqual(sequencesIn(out), [49, 50, 51, 52]);
    match(told, /event 50 is corrupt: type is FeeCharged in its column[\s\S]*event 51 is corrupt/);
    equal((await ask('events', '--from', '51', '--to', '51')).out.length, 1);
  });

  it('has a gap where an event is gone', async () => {
    await ledger.tamper('DELETE FROM ledger.events WHERE sequence = 60');
    const { code, out, told } = await ask('status');
    equal(code, 1);
    match(told, /1 are missing/);
    ok(!/gaps +none/.test(out.join('\n')));
  });
});
