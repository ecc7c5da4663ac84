/**
 * Fills the read tables of a database as far as its log goes, and seals the log, in a process of its own: whoever
 * measures memory shall not have done it. Usage: node project-log.ts CONNECTION_STRING
 */
import { generateKeyPairSync } from 'node:crypto';
import pg from 'pg';
import { sealLog } from '#audit/seals/seal-log.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresSealStore } from '#database/postgres/audit/seal-store.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { ledgerSet } from '#projections/ledger.ts';
import { runProjections } from '#projections/runner.ts';

const [, , connectionString] = process.argv;
if (connectionString === undefined) throw new Error('Which database?');

const store = createPostgresEventStore({ connectionString, clock: systemClock });
const head = await store.head();
const host = createReadTableHost({ connectionString });
const open = await host.openLive(ledgerSet, new AbortController().signal);
if (open === undefined) throw new Error('no read tables');
const ended = new AbortController();
const onApplied = (sequence: number) => sequence === head && ended.abort();
await runProjections({ feed: store, readTables: open.readTables, onApplied }, ended.signal);
await open.close();
await store.close();

const pool = new pg.Pool({ connectionString, max: 1 });
const { privateKey } = generateKeyPairSync('ed25519');
const sealing = await openLedgerSnapshot({ connectionString }, ({ log }) =>
  sealLog(log, undefined, privateKey, () => new Date()),
);
if (sealing.kind !== 'sealed') throw new Error(sealing.kind);
await createPostgresSealStore({ pool }).add(sealing.seal);
await pool.query('ANALYZE');
await pool.end();
