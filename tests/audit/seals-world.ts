import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Command } from '#api/cli/command.ts';
import { proveCommand } from '#api/cli/prove.ts';
import { sealCommand } from '#api/cli/seal.ts';
import { verifyProofCommand } from '#api/cli/verify-proof.ts';
import { verifySealsCommand } from '#api/cli/verify-seals.ts';
import type { SealPorts } from '#api/cli/with-seals.ts';
import type { SealReport } from '#audit/seals/verify-seals.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresSealStore } from '#database/postgres/audit/seal-store.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { randomHistory } from '../support/account-histories.ts';
import { migratedTestDatabase } from '../support/postgres.ts';
import { systemClock } from '../support/recorded-events.ts';

export type Told = { readonly code: number; readonly out: string; readonly told: string };
type Row = {
  readonly sequence: string;
  readonly revision: string;
  readonly hash: string;
  readonly body: string;
};

const log = randomHistory({ seed: 7, accounts: 3, symbols: 2, events: 60, rare: true });

/** A real ledger of 60 events in Postgres, a folder for its key and whatever is kept, and the commands on them. */
export const sealedWorld = async () => {
  const database = await migratedTestDatabase();
  const { connectionString } = database;
  const folder = mkdtempSync(join(tmpdir(), 'seals-'));
  const pool = new pg.Pool({ connectionString, max: 3 });
  pool.on('error', () => {}); // Dropping the database cuts sessions that are just ending.
  const store = createPostgresEventStore({ connectionString, clock: systemClock });
  let written = 0;
  /** Writes events until the log ends at `to`. */
  const writeTo = async (to: number): Promise<void> => {
    const requests = log.slice(written, to).map((event) => ({
      stream: event.stream,
      expectedRevision: event.revision - 1,
      events: [event],
    }));
    const outcomes = await store.append(requests);
    assert.ok(outcomes.every(({ kind }) => kind === 'appended'));
    written = to;
  };

  const ports: SealPorts = {
    withSeals: (act) =>
      act({
        seals: createPostgresSealStore({ pool }),
        withSnapshot: (look) => openLedgerSnapshot({ connectionString }, look),
      }),
    keyPlace: () => ({ dataDirectory: folder, sealKeyFile: null }),
    now: () => new Date(),
  };
  const commands = [
    sealCommand(ports),
    proveCommand(ports),
    verifyProofCommand(),
    verifySealsCommand(ports),
  ];
  const ledger = async (name: string, ...argv: string[]): Promise<Told> => {
    const command = commands.find((one) => one.name === name) as Command;
    const { options } = command;
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
    const [out, told]: [string[], string[]] = [[], []];
    const speech = {
      out: (line: string) => void out.push(line),
      tell: (line: string) => void told.push(line),
      draw: () => {},
      isWatched: false,
    };
    const asked = { values: { ...values }, positionals };
    const code = await command.run(asked, speech, new AbortController().signal);
    return { code, out: out.join('\n'), told: told.join('\n') };
  };
  const findings = async (...argv: string[]): Promise<SealReport['findings']> => {
    const { code, out } = await ledger('verify-seals', '--json', ...argv);
    const report: SealReport = JSON.parse(out);
    assert.equal(code, report.findings.length === 0 ? 0 : 1);
    return report.findings;
  };

  /** What an insider with a superuser's rights can do. */
  const tamper = async (...statements: (readonly [text: string, ...values: unknown[]])[]) => {
    const tables = ['events', 'seals'];
    for (const table of tables)
      await pool.query(`ALTER TABLE ledger.${table} DISABLE TRIGGER append_only`);
    for (const [text, ...values] of statements) await pool.query(text, values);
    for (const table of tables)
      await pool.query(`ALTER TABLE ledger.${table} ENABLE ALWAYS TRIGGER append_only`);
  };
  const streamFrom = async (sequence: number): Promise<readonly Row[]> => {
    const { rows } = await pool.query<Row>(
      `SELECT sequence, revision, hash, body FROM ledger.events AS event
       WHERE stream = (SELECT stream FROM ledger.events WHERE sequence = $1) AND sequence >= $1 ORDER BY revision`,
      [sequence],
    );
    return rows;
  };
  /** Changes an event and computes every hash of its stream anew. */
  const rewriteFrom = async (sequence: number): Promise<void> => {
    const rows = await streamFrom(sequence);
    const { rows: before } = await pool.query<Row>(
      `SELECT hash FROM ledger.events WHERE revision = $1
         AND stream = (SELECT stream FROM ledger.events WHERE sequence = $2)`,
      [Number(rows[0]?.revision) - 1, sequence],
    );
    let previous = before[0]?.hash ?? '0'.repeat(64);
    for (const [index, { sequence: place, body }] of rows.entries()) {
      const text = index === 0 ? body.replace('operator', 'somebody') : body;
      previous = hash('sha256', previous + text, 'hex');
      const change = 'UPDATE ledger.events SET body = $2, hash = $3 WHERE sequence = $1';
      await tamper([change, place, text, previous]);
    }
  };

  return {
    folder,
    pool,
    ports,
    connectionString,
    writeTo,
    ledger,
    findings,
    tamper,
    rewriteFrom,
    keptPath: join(folder, 'kept.jsonl'),
    path: (name: string) => join(folder, name),
    end: async () => {
      await store.close();
      await pool.end();
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  };
};

export type SealedWorld = Awaited<ReturnType<typeof sealedWorld>>;

/** Three seals, over 1 to 20, 21 to 45 and 46 to 60, each also kept outside of the database. */
export const threeSeals = async (): Promise<SealedWorld> => {
  const world = await sealedWorld();
  for (const to of [20, 45, 60]) {
    await world.writeTo(to);
    assert.equal((await world.ledger('seal', '--to', world.keptPath)).code, 0);
  }
  return world;
};
