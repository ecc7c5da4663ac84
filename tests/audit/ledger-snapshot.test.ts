import { deepEqual, equal, rejects, throws } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { EventFilter, LogReader, StoredEvent } from '#audit/ports/log-reader.ts';
import { CorruptEvent } from '#database/errors.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { readTableNames } from '#database/postgres/audit/table-reader.ts';
import { type AccountId, accountStream } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { allTables, dump } from '#projections/batch.ts';
import { foldLedger } from '#projections/fold.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { createTables } from '#projections/tables.ts';
import { randomHistory, uuid } from '../support/account-histories.ts';
import { makeEvent } from '../support/recorded-events.ts';
import { ledgerOf, type TestedLedger } from './look-world.ts';

const history = randomHistory({ seed: 7, accounts: 3, symbols: 3, events: 400, rare: true });
const account = uuid<AccountId>(1);

const collect = async <T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> => {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
};
const sequences = async (log: LogReader, filter: EventFilter): Promise<readonly number[]> =>
  (await collect(log.events(filter))).map(({ sequence }) => sequence);

describe('a snapshot of a ledger', () => {
  let ledger: TestedLedger;
  let log: readonly RecordedEvent[];
  before(async () => {
    ledger = await ledgerOf(history);
    log = await ledger.store.readAll({ after: 0, limit: 10_000 });
  });
  after(() => ledger.close());

  const expected = (accepts: (event: RecordedEvent) => boolean): readonly number[] =>
    log.filter(accepts).map(({ sequence }) => sequence);

  it('has every event as the store has it', () =>
    ledger.look(async ({ log: reader }) => {
      const stored = await collect(reader.events({}));
      deepEqual(stored.map(reader.decode), log);
      equal(await reader.head(), log.length);
    }));

  it('gives the events that a filter leaves, in the order of the log', () =>
    ledger.look(async ({ log: reader }) => {
      const stream = accountStream(account);
      const middle = log[150]?.recordedAt;
      if (middle === undefined) throw new Error('the history is too short');
      const cases: readonly [EventFilter, (event: RecordedEvent) => boolean][] = [
        [{ accountId: account }, (event) => event.stream === stream],
        [{ stream }, (event) => event.stream === stream],
        [{ stream, accountId: uuid<AccountId>(2) }, () => false],
        [
          { types: ['OrderFilled', 'CashDeposited'] },
          ({ data }) => data.type === 'OrderFilled' || data.type === 'CashDeposited',
        ],
        [{ types: [] }, () => false],
        [{ fromSequence: 20, toSequence: 30 }, ({ sequence }) => sequence >= 20 && sequence <= 30],
        [{ fromSequence: 10_000 }, () => false],
        [{ toSequence: 0 }, () => false],
        [{ recordedFrom: middle }, ({ recordedAt }) => recordedAt >= middle],
        [{ recordedTo: middle }, ({ recordedAt }) => recordedAt <= middle],
        [
          { accountId: account, fromSequence: 100, toSequence: 300, types: ['OrderSubmitted'] },
          ({ stream: of, sequence, data }) =>
            of === stream && sequence >= 100 && sequence <= 300 && data.type === 'OrderSubmitted',
        ],
      ];
      for (const [filter, accepts] of cases) {
        deepEqual(await sequences(reader, filter), expected(accepts), JSON.stringify(filter));
      }
    }));

  it('stays as it was when it was opened', () =>
    ledger.look(async ({ log: reader, tables }) => {
      const head = await reader.head();
      await ledger.store.append([
        { stream: accountStream(uuid<AccountId>(77)), expectedRevision: 0, events: [makeEvent()] },
      ]);
      equal(await reader.head(), head);
      equal((await tables.live()).checkpoint, head);
      equal(await ledger.look((later) => later.log.head()), head + 1);
    }));

  it('has the rows of every read table, in the order of their keys', () =>
    ledger.look(async ({ tables }) => {
      const folded = foldLedger(log);
      const shown = createTables(true);
      const names: string[] = [];
      for (const table of allTables(shown)) {
        names.push(table.shape.name);
        for (const row of await collect<StoredRow>(tables.rows(table.shape.name))) {
          table.put(table.shape.decode(row));
        }
      }
      deepEqual(names.toSorted(), [...readTableNames].toSorted());
      equal(dump(shown), dump(folded));
      await rejects(collect(tables.rows('events; DROP TABLE accounts')), /There is no read table/);
    }));

  it('ends at once when it is called off', async () => {
    const off = new AbortController();
    const looking = openLedgerSnapshot(
      { connectionString: ledger.connectionString, signal: off.signal },
      async ({ log: reader }) => {
        off.abort();
        return reader.head();
      },
    );
    await rejects(looking, /closed|terminated/);
  });
});

describe('a log that somebody has changed', () => {
  let ledger: TestedLedger;
  before(async () => {
    ledger = await ledgerOf(history.slice(0, 60));
  });
  after(() => ledger.close());

  const at = (sequence: number): Promise<StoredEvent> =>
    ledger.look(async ({ log }) => {
      const [event] = await collect(log.events({ fromSequence: sequence, toSequence: sequence }));
      if (event === undefined) throw new Error(`there is no event ${sequence}`);
      return event;
    });

  it('is read all the same, and an event whose columns say something else is not believed', async () => {
    const columns = [
      ['revision', '9000'],
      ['id', uuid(9_999)],
      ['type', 'CashDeposited2'],
      ['recorded_at', 'infinity'],
      ['effective_at', '2001-01-01T00:00:00Z'],
    ] as const;
    for (const [index, [column, value]] of columns.entries()) {
      const sequence = 10 + index;
      await ledger.tamper(`UPDATE ledger.events SET ${column} = $1 WHERE sequence = $2`, [
        value,
        sequence,
      ]);
      const stored = await at(sequence);
      await ledger.look(async ({ log }) => {
        throws(
          () => log.decode(stored),
          (error) =>
            error instanceof CorruptEvent &&
            error.sequence === sequence &&
            error.message.includes(`${column} is`),
        );
      });
    }
  });

  it('is read all the same where a body is no event', async () => {
    await ledger.tamper(`UPDATE ledger.events SET body = 'nothing' WHERE sequence = 20`);
    const stored = await at(20);
    equal(stored.body, 'nothing');
    await ledger.look(async ({ log }) => throws(() => log.decode(stored), CorruptEvent));
  });
});
