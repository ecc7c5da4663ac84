import { deepEqual, equal, ok } from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type pg from 'pg';
import { accountFigures } from '#domain/account/figures.ts';
import { type AccountState, holdingOf } from '#domain/account/state.ts';
import { type AccountId, accountStream } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { noon, ticker } from '#tests/support/makers.ts';
import { migratedTestDatabase } from '#tests/support/postgres.ts';
import { connectTo, createLogAudit } from './log-audit.ts';
import type { Report, Task, Told } from './race-worker.ts';

const timeoutMs = 120_000;
const seed = Number(process.env['RACE_SEED'] ?? Math.floor(Math.random() * 1e6));
const account = '00000000-0000-4000-8000-000000000001' as AccountId;

/** Gives a task to a process of its own and waits for its report. */
const inOwnProcess = async (task: Task): Promise<Report> => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = fork(join(import.meta.dirname, 'race-worker.ts'), { env, execArgv: [] });
  const late = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const reported = once(child, 'message');
  const ended = once(child, 'exit');
  child.send(task);
  const first = await Promise.race([reported, ended]);
  const exit = await ended;
  clearTimeout(late);
  equal(exit[0], 0, `the ${task.kind} process ended with ${exit.join(' ')}`);
  return first[0];
};

/** A database, with a client that looks into it. */
const withDatabase = async (
  work: (connectionString: string, client: pg.Client) => Promise<void>,
): Promise<void> => {
  const { connectionString, drop } = await migratedTestDatabase();
  const client = await connectTo(connectionString);
  try {
    await work(connectionString, client);
  } finally {
    await client.end();
    await drop();
  }
};

/** What an intention may never do to a cash account. */
const neverShort = ({ sequence }: RecordedEvent, state: AccountState | null): void => {
  if (state === null) return;
  const { available } = accountFigures(state, () => undefined, noon);
  ok(available >= 0n, `event ${sequence}: available ${available}`);
  const holding = holdingOf(state, ticker('ACME'));
  ok(holding.quantity >= 0n, `event ${sequence}: a position of ${holding.quantity}`);
  ok(holding.closingSells <= holding.quantity, `event ${sequence}: more on sale than held`);
};

const isStored = (events: readonly RecordedEvent[], stream: string) => (told: Told) => {
  const event = told.sequence === null ? undefined : events[told.sequence - 1];
  const id = event?.commandId?.split(':')[1];
  return event?.stream === stream && id === told.key;
};

describe(`two processes with one account on one database (RACE_SEED=${seed})`, () => {
  it('never sell or spend what is not there, and keep all they acknowledged', () =>
    withDatabase(async (connectionString, client) => {
      const base = { kind: 'trade', connectionString, account, callers: 6, turns: 100 } as const;
      const opening: Task = { kind: 'write', connectionString, accounts: [account], turns: 60 };
      await inOwnProcess(opening);
      const reports = await Promise.all([
        inOwnProcess({ ...base, name: 'one', seed }),
        inOwnProcess({ ...base, name: 'two', seed: seed + 1 }),
      ]);
      const audit = createLogAudit(neverShort);
      await audit.read(client);
      for (const { told } of reports) {
        const done = told.filter(({ refusal }) => refusal === null);
        deepEqual(
          done.filter((one) => !isStored(audit.events, accountStream(account))(one)),
          [],
        );
        const refused = new Set(told.map(({ refusal }) => refusal));
        for (const code of ['insufficient_buying_power', 'insufficient_quantity']) {
          ok(refused.has(code), `${code}: the race is about something`);
        }
      }
      const keys = reports.flatMap(({ told }) => told.map(({ key }) => key));
      const writers = audit.events.map(({ commandId }) => commandId?.split(/[:-]/)[1]);
      const turnsTaken = writers.filter((name, index) => name !== writers[index + 1]).length;
      console.log(
        `${keys.length} commands, ${audit.events.length} events, ${turnsTaken} turns taken,`,
        `${reports.map(({ contended }) => contended).join(' + ')} given up`,
      );
      ok(turnsTaken > 50, 'the processes wrote in turns');
    }));
});

describe('64 writers on 64 accounts in two processes', () => {
  it('leave sequences 1 to n and each stream in order, and a third process never sees a gap', () =>
    withDatabase(async (connectionString, client) => {
      const accounts = Array.from(
        { length: 64 },
        (_, n) => `00000000-0000-4000-8000-${String(n + 100).padStart(12, '0')}` as AccountId,
      );
      const turns = 40;
      const total = accounts.length * (turns + 1);
      const write = { kind: 'write', connectionString, turns } as const;
      const [reader, ...writers] = await Promise.all([
        inOwnProcess({ kind: 'read', connectionString, until: total }),
        inOwnProcess({ ...write, accounts: accounts.slice(0, 32) }),
        inOwnProcess({ ...write, accounts: accounts.slice(32) }),
      ]);
      equal(reader.seen, total);
      const audit = createLogAudit();
      await audit.read(client);
      equal(audit.events.length, total);
      for (const id of accounts) {
        const own = audit.events.filter(({ stream }) => stream === accountStream(id));
        const expected = ['c:open', ...Array.from({ length: turns }, (_, turn) => `c:${turn}`)];
        deepEqual(
          own.map(({ commandId }) => commandId),
          expected,
        );
      }
      for (const { told } of writers) {
        equal(told.filter(({ sequence }) => sequence === null).length, 0);
      }
    }));
});
