import { deepEqual, equal } from 'node:assert/strict';
import pg from 'pg';
import { firstHash, verifyChain } from '#database/hash-chain.ts';
import { type EventRow, eventOf, selectAll } from '#database/postgres/event-sql.ts';
import { evolve } from '#domain/account/evolve.ts';
import { postingsOf } from '#domain/account/postings.ts';
import { type AccountState, unopened } from '#domain/account/state.ts';
import type { StreamName } from '#domain/ids.ts';
import { isAccountEvent, type RecordedEvent } from '#domain/recorded-event.ts';
import { dump } from '#projections/batch.ts';
import { foldLedger } from '#projections/fold.ts';
import { createTables } from '#projections/tables.ts';
import { dumpSchema } from '#tests/support/read-tables.ts';

type StreamEnd = { readonly revision: number; readonly hash: string };

/** Every amount of every unit that an event moves, summed: all must be nought. */
const checkPostings = ({ sequence, data }: RecordedEvent): void => {
  if (!isAccountEvent(data)) return;
  const sums = new Map<string, bigint>();
  for (const { asset, unit, amount } of postingsOf(data)) {
    const name = `${asset} ${unit}`;
    sums.set(name, (sums.get(name) ?? 0n) + amount);
  }
  for (const [name, sum] of sums) equal(sum, 0n, `event ${sequence}: ${name}`);
};

/** A client of its own, for a database that may be killed under it. */
export const connectTo = async (connectionString: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  await client.connect();
  return client;
};

/**
 * Follows a log from its first event, over restarts of whatever writes it, and fails on a gap, on a link that does not
 * hold, on postings that do not sum to zero and on read tables that are not the fold of the log.
 */
export const createLogAudit = (
  look: (event: RecordedEvent, state: AccountState | null) => void = () => {},
) => {
  const events: RecordedEvent[] = [];
  const ends = new Map<StreamName, StreamEnd>();
  const states = new Map<StreamName, AccountState>();
  const tables = createTables(true);
  let folded = 0;

  const evolved = ({ stream, data }: RecordedEvent): AccountState | null => {
    if (!isAccountEvent(data)) return null;
    const state = states.get(stream) ?? unopened();
    states.set(stream, state);
    evolve(state, data);
    return state;
  };

  const take = (row: EventRow): void => {
    const event = eventOf(row);
    const { sequence, stream, revision, hash } = event;
    equal(sequence, events.length + 1, 'sequences go 1, 2, 3 …');
    const before = ends.get(stream) ?? { revision: 0, hash: firstHash };
    deepEqual(
      verifyChain([{ revision, hash, body: row[2] }], before),
      { kind: 'intact', revision, hash },
      `event ${sequence} of ${stream}`,
    );
    ends.set(stream, { revision, hash });
    checkPostings(event);
    events.push(event);
    look(event, evolved(event));
  };

  return {
    events: events as readonly RecordedEvent[],
    states: states as ReadonlyMap<StreamName, AccountState>,
    /** Reads what the log has more than at the last time. */
    read: async (client: pg.Client): Promise<void> => {
      const last = events.at(-1);
      if (last !== undefined) {
        const [row] = (await client.query<EventRow>(selectAll(last.sequence - 1, 1))).rows;
        equal(row?.[1], last.hash, 'what was in the log is in the log');
      }
      for (;;) {
        const { rows } = await client.query<EventRow>(selectAll(events.length, 5_000));
        if (rows.length === 0) return;
        for (const row of rows) take(row);
      }
    },
    /** Compares the live read tables with a fold of the log up to their checkpoint; nobody may be writing them. */
    compareReadTables: async (client: pg.Client): Promise<number> => {
      const { rows } = await client.query<{ schema_name: string; checkpoint: string }>(
        'SELECT schema_name, checkpoint FROM ledger.projection_status WHERE live',
      );
      const [status] = rows;
      if (status === undefined) return 0;
      const checkpoint = Number(status.checkpoint);
      foldLedger(events.slice(folded, checkpoint), tables);
      folded = checkpoint;
      const stored = await dumpSchema(client, status.schema_name);
      await client.query('RESET search_path');
      equal(stored === dump(tables), true, `read tables at ${checkpoint} are the fold of the log`);
      return checkpoint;
    },
  };
};
export type LogAudit = ReturnType<typeof createLogAudit>;
