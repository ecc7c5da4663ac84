// One process of a race: does what its parent's message says, tells what came of it, and ends.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { AccountCommand } from '#commands/commands.ts';
import { AccountContended, createLedger } from '#commands/pipeline.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createPostgresSnapshotStore } from '#database/postgres/snapshot-store.ts';
import type { AccountId, Actor } from '#domain/ids.ts';
import { sha256 } from '#gateways/system/digest.ts';
import { dice } from '#tests/support/account-histories.ts';
import {
  cancel,
  deposit,
  fill,
  openAccount,
  quotesOf,
  submit,
  withdraw,
} from '#tests/support/makers.ts';
import { systemClock } from '#tests/support/recorded-events.ts';

export type Task =
  | {
      readonly kind: 'trade';
      readonly connectionString: string;
      readonly name: string;
      readonly seed: number;
      readonly account: AccountId;
      readonly callers: number;
      readonly turns: number;
    }
  | {
      readonly kind: 'write';
      readonly connectionString: string;
      readonly accounts: readonly AccountId[];
      readonly turns: number;
    }
  | { readonly kind: 'read'; readonly connectionString: string; readonly until: number };

/** A command's key and where its events end, or the code of its refusal. */
export type Told = {
  readonly key: string;
  readonly type: AccountCommand['type'];
  readonly sequence: number | null;
  readonly refusal: string | null;
};
export type Report = {
  readonly told: readonly Told[];
  readonly contended: number;
  readonly seen: number;
};

const ledgerOn = (connectionString: string) => {
  const store = createPostgresEventStore({ connectionString, clock: systemClock });
  const pool = new pg.Pool({ connectionString, max: 2 });
  const ledger = createLedger({
    store,
    snapshots: createPostgresSnapshotStore({ pool }),
    quotes: quotesOf({ ACME: '10' }),
    ids: { next: randomUUID },
    digest: sha256,
  });
  const told: Told[] = [];
  let contended = 0;
  const tell = async (
    accountId: AccountId,
    key: string,
    command: AccountCommand,
  ): Promise<boolean> => {
    try {
      const handled = await ledger.handle(
        { accountId, actor: 'operator' as Actor, key: command.type === 'Fill' ? null : key },
        command,
      );
      const refusal = handled.kind === 'refused' ? handled.refusal.code : null;
      told.push({ key, type: command.type, sequence: handled.sequence, refusal });
      return refusal === null;
    } catch (error) {
      if (!(error instanceof AccountContended)) throw error;
      contended += 1;
      return false;
    }
  };
  const close = async (): Promise<Report> => {
    await store.close();
    await pool.end();
    return { told, contended, seen: 0 };
  };
  return { tell, close };
};

type Tell = ReturnType<typeof ledgerOn>['tell'];
type OpenOrder = { readonly id: string; readonly side: 'buy' | 'sell'; left: number };

/** Orders at 10 a share, their fills and cancels, and cash in and out: more than the account can bear. */
const trade = async (task: Extract<Task, { kind: 'trade' }>, caller: number, tell: Tell) => {
  const roll = dice(task.seed * 1_000 + caller + 1);
  const open: OpenOrder[] = [];
  const say = (key: string, command: AccountCommand) => tell(task.account, key, command);

  const order = async (key: string): Promise<void> => {
    const side = roll(2) === 0 ? 'buy' : 'sell';
    const shares = 1 + roll(60);
    const id = randomUUID();
    const words = { side, quantity: String(shares), limit: '10', timeInForce: 'gtc' } as const;
    if (await say(key, submit(id, words))) open.push({ id, side, left: shares });
  };
  const report = async (key: string): Promise<void> => {
    const filled = open[roll(open.length || 1)];
    if (filled === undefined) return order(key);
    const part = roll(2) === 0 ? filled.left : 1 + roll(filled.left);
    filled.left -= part;
    if (filled.left === 0) open.splice(open.indexOf(filled), 1);
    await say(key, fill(key, filled.id, String(part), '10', { side: filled.side }));
  };
  const takeBack = async (key: string): Promise<void> => {
    const [gone] = open.splice(roll(open.length || 1), 1);
    if (gone === undefined) return order(key);
    await say(key, cancel(gone.id));
  };
  const money = async (key: string): Promise<void> => {
    const amount = String(1 + roll(300));
    await say(key, roll(3) === 0 ? deposit(amount) : withdraw(amount));
  };

  const acts = [order, order, order, report, report, takeBack, money];
  for (let turn = 0; turn < task.turns; turn += 1) {
    await (acts[roll(acts.length)] ?? order)(`${task.name}-${caller}-${turn}`);
    // Written without a pause, an account stays with one process: the other comes too late each time.
    await sleep(roll(60));
  }
};

/** Each account has one writer: it opens it and pays in, again and again. */
const write = async (task: Extract<Task, { kind: 'write' }>, tell: Tell): Promise<void> => {
  const writer = async (accountId: AccountId, index: number): Promise<void> => {
    const roll = dice(index + 1);
    const opening = openAccount({ kind: 'cash' });
    if (opening.type !== 'OpenAccount') return;
    await tell(accountId, 'open', { ...opening, accountId, accountNumber: accountId });
    for (let turn = 0; turn < task.turns; turn += 1) {
      await tell(accountId, `${turn}`, deposit(`${turn + 1}`));
      // Out of step, so that batches of all sizes are written.
      await sleep(roll(8));
    }
  };
  await Promise.all(task.accounts.map(writer));
};

/** Follows the log with a slow and a fast reader, and looks from outside: never is a sequence missing. */
const read = async ({ connectionString, until }: Extract<Task, { kind: 'read' }>) => {
  const store = createPostgresEventStore({ connectionString, clock: systemClock });
  const pool = new pg.Pool({ connectionString, max: 1 });
  const done = new AbortController();
  const follow = async (batchMax: number, pauseMs: number): Promise<number> => {
    let seen = 0;
    for await (const batch of store.subscribe({ after: 0, batchMax, signal: done.signal })) {
      for (const { sequence } of batch) {
        if (sequence !== seen + 1) throw new Error(`${sequence} came after ${seen}`);
        seen = sequence;
      }
      if (seen >= until) return seen;
      if (pauseMs > 0) await sleep(pauseMs);
    }
    return seen;
  };
  const look = async (): Promise<void> => {
    for (let last = 0; last < until; await sleep(3)) {
      const { rows } = await pool.query<{ count: string; last: string }>(
        'SELECT count(*), coalesce(max(sequence), 0) AS last FROM ledger.events',
      );
      if (rows[0]?.count !== rows[0]?.last) throw new Error(JSON.stringify(rows[0]));
      last = Number(rows[0]?.last);
    }
  };
  const [fast, slow] = await Promise.all([follow(500, 0), follow(7, 1), look()]);
  done.abort();
  await store.close();
  await pool.end();
  return { told: [], contended: 0, seen: Math.min(fast, slow) };
};

const run = async (task: Task): Promise<Report> => {
  if (task.kind === 'read') return read(task);
  const { tell, close } = ledgerOn(task.connectionString);
  if (task.kind === 'write') await write(task, tell);
  else {
    const callers = Array.from({ length: task.callers }, (_, caller) => trade(task, caller, tell));
    await Promise.all(callers);
  }
  return close();
};

process.once('message', (task: Task) => {
  run(task).then(
    (report) => process.send?.(report, () => process.disconnect()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
