import { ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type pg from 'pg';
import type { EventStore } from '#commands/ports/event-store.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { connectTo } from '#tests/heavy/log-audit.ts';
import { accountOne, deposit, openAccount, withdraw } from '#tests/support/makers.ts';
import { ledgerOn, memoryStore, type TestLedger, wholeLog } from '#tests/support/memory-ledger.ts';
import { migratedTestDatabase } from '#tests/support/postgres.ts';
import { systemClock } from '#tests/support/recorded-events.ts';
import { until } from '#tests/support/server.ts';

/** The account's cash after each event; no withdrawal may take it below zero. */
const neverOwes = async (store: EventStore): Promise<void> => {
  let cash = 0n;
  for (const { sequence, data } of await wholeLog(store)) {
    if (data.type === 'CashDeposited') cash += data.amount;
    if (data.type === 'CashWithdrawn') cash -= data.amount;
    ok(cash >= 0n, `event ${sequence}, ${data.type}: cash is ${cash}`);
  }
};

type Race = {
  readonly one: TestLedger;
  readonly other: TestLedger;
  readonly client: pg.Client;
  readonly holder: pg.Client;
};

const onPostgres = async (work: (race: Race) => Promise<void>): Promise<void> => {
  const { connectionString, drop } = await migratedTestDatabase();
  const open = () => createPostgresEventStore({ connectionString, clock: systemClock });
  const [left, right] = [open(), open()];
  const [client, holder] = [await connectTo(connectionString), await connectTo(connectionString)];
  try {
    const [one, other] = [ledgerOn({ store: left }), ledgerOn({ store: right })];
    await work({ one, other, client, holder });
    await neverOwes(left);
  } finally {
    await Promise.all([client.end(), holder.end()]);
    await Promise.all([left.close(), right.close()]);
    await drop();
  }
};

describe('a command that was decided on a write still under way', () => {
  it('falls with that write, also where another process has written as many events instead', () =>
    onPostgres(async ({ one, other, client, holder }) => {
      const waiting = (count: number) =>
        until(
          `${count} writes that wait`,
          () => client.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"),
          ({ rowCount }) => rowCount === count,
        );
      await one.told(openAccount({ kind: 'cash' }));
      await other.inspect(accountOne, () => undefined);
      // Writes take their stream first and the log's counter last: the other's holds the stream, and waits.
      await holder.query('BEGIN; SELECT FROM ledger.log_head FOR UPDATE');
      const faster = other.tell(deposit('1'));
      await waiting(1);
      const first = one.tell(deposit('100'));
      await waiting(2);
      // They rest on the 100, whose write is going to fall, and the next expects the revision that the other's makes.
      const after = [one.tell(withdraw('60')), one.tell(withdraw('60'))];
      await holder.query('COMMIT');
      await Promise.all([faster, first, ...after]);
    }));

  it('falls with it in the memory store, too', async () => {
    const store = memoryStore();
    const [one, other] = [ledgerOn({ store }), ledgerOn({ store })];
    await one.told(openAccount({ kind: 'cash' }));
    await other.told(deposit('1'));
    await Promise.all([
      one.tell(deposit('100')),
      one.tell(withdraw('60')),
      one.tell(withdraw('60')),
    ]);
    await neverOwes(store);
  });
});
