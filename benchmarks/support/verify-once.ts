/**
 * Reads or verifies a ledger once, in a process of its own, and prints seconds and peak memory as JSON.
 * Usage: node verify-once.ts CONNECTION_STRING events|rows|verify
 */
import pg from 'pg';
import { comparedColumns } from '#audit/verify/table-columns.ts';
import { verifyLedger } from '#audit/verify/verify.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresSealStore } from '#database/postgres/audit/seal-store.ts';

const [, , connectionString = '', what] = process.argv;

/** The events alone, or with every row of the tables that verify compares. */
const read = (tables: readonly string[]): Promise<void> =>
  openLedgerSnapshot({ connectionString }, async (snapshot) => {
    for await (const page of snapshot.log.events({})) if (page.length === 0) return;
    for (const table of tables) {
      for await (const page of snapshot.tables.rows(table)) if (page.length === 0) return;
    }
  });

const verify = async (): Promise<Readonly<Record<string, number>>> => {
  const pool = new pg.Pool({ connectionString, max: 1 });
  const store = createPostgresSealStore({ pool });
  const seals = { store, last: await store.last(), kept: new Map(), publicKeys: [] };
  const { findings, books } = await openLedgerSnapshot({ connectionString }, (snapshot) =>
    verifyLedger(snapshot, { seals }),
  );
  await pool.end();
  // The seal's key is gone: that is the one thing to say.
  const { seal_key_unknown: _, ...found } = findings.byKind;
  if (Object.keys(found).length > 0) throw new Error(JSON.stringify(findings.first));
  return books?.held ?? {};
};

const begun = performance.now();
let held: Readonly<Record<string, number>> = {};
if (what === 'verify') held = await verify();
else await read(what === 'rows' ? Object.keys(comparedColumns) : []);
const seconds = (performance.now() - begun) / 1_000;
const { user, system } = process.cpuUsage();
const cpuSeconds = (user + system) / 1e6;
const peakMemoryMb = Math.round(process.resourceUsage().maxRSS / 1_024);
console.log(JSON.stringify({ seconds, cpuSeconds, peakMemoryMb, held }));
