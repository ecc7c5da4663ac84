/** The sealer: a thread of the server's, beside the one that trades, so that hashing the log holds up nobody's order. */
import { parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
import type { SealerOrder, SealerReport } from '#api/process/sealer-thread.ts';
import { ownSealKey } from '#audit/seals/keys.ts';
import { runSealer, type SealerLog } from '#audit/seals/sealer.ts';
import { parseTargets } from '#audit/seals/targets.ts';
import { createLooks } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresSealStore } from '#database/postgres/audit/seal-store.ts';

const port = parentPort;
if (port === null) throw new Error('The sealer is a thread of the server.');
const { connectionString, keyPlace, every, to } = workerData as SealerOrder;

const say = (level: SealerReport['level']) => (fields: object, words: string) =>
  port.postMessage({ level, fields, words } satisfies SealerReport);
const log: SealerLog = { info: say('info'), warn: say('warn'), error: say('error') };

const stopped = new AbortController();
port.once('message', () => stopped.abort());

const pool = new pg.Pool({
  connectionString,
  max: 2,
  application_name: 'order-ledger-sealer',
  connectionTimeoutMillis: 5_000,
  query_timeout: 60_000,
  keepAlive: true,
});
pool.on('error', () => {}); // An idle connection that breaks is opened anew.
const looks = createLooks({ connectionString, max: 1 });
const store = createPostgresSealStore({ pool });
await runSealer(
  {
    seals: store,
    outbox: store,
    withSnapshot: looks.withLook,
    key: () => ownSealKey(keyPlace),
    now: () => new Date(),
    log,
  },
  { every, targets: parseTargets(to) },
  stopped.signal,
);
await looks.close();
await pool.end();
port.close();
