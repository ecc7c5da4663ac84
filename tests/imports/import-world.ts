import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Speech } from '#api/cli/command.ts';
import { type ImportPorts, importCommand } from '#api/cli/import.ts';
import { noQuotes } from '#commands/imports/rehearsal.ts';
import type { Ledger } from '#commands/ledger.ts';
import { createLedger } from '#commands/pipeline.ts';
import { createMemorySnapshotStore } from '#database/memory/snapshot-store.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createPostgresIdentityStore } from '#database/postgres/identity-store.ts';
import { createReadSchema } from '#database/postgres/read-tables/schema.ts';
import { layoutNames, readStatements, symbolsIn } from '#gateways/statements/read-statements.ts';
import { readSymbolTable } from '#gateways/statements/symbols.ts';
import { createUuids } from '#gateways/system/ids.ts';
import type { UserId } from '#identity/ids.ts';
import { sha256 } from '../support/memory-ledger.ts';
import { migratedTestDatabase } from '../support/postgres.ts';
import { applyAll } from '../support/read-tables.ts';
import { systemClock } from '../support/recorded-events.ts';

export const samples = join(import.meta.dirname, '..', 'data', 'broker-exports');
export const sample = (name: string): string => join(samples, name);
export const sampleBytes = (name: string) => ({ name, bytes: readFileSync(sample(name)) });

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Reads a text as a statement. */
export const readText = (text: string, layout?: string, symbols = '') => {
  const table = readSymbolTable(symbols);
  const [read] = readStatements([{ name: 'a file', bytes: bytesOf(text) }], {
    layout,
    symbols: table,
  });
  if (read === undefined) throw new Error('a file was read');
  return read.statement;
};

export type Ran = { readonly code: number; readonly out: string; readonly told: string };

/** A ledger in Postgres and `ledger import` over it, as ledger.ts puts it together. */
export const importWorld = async () => {
  const database = await migratedTestDatabase();
  const { connectionString } = database;
  const store = createPostgresEventStore({ connectionString, clock: systemClock });
  const pool = new pg.Pool({ connectionString, max: 2 });
  const client = new pg.Client({ connectionString });
  await client.connect();
  await createReadSchema(client, {
    name: 'read_v1',
    projectionSet: 'ledger',
    version: 1,
    live: true,
  });
  const identity = createPostgresIdentityStore({ pool });
  const ids = createUuids();
  const newLedger = (): Ledger =>
    createLedger({
      store,
      snapshots: createMemorySnapshotStore(),
      quotes: noQuotes,
      ids,
      digest: sha256,
    });
  const withLook: ImportPorts['withLook'] = (act) => openLedgerSnapshot({ connectionString }, act);
  const ports: ImportPorts = {
    withLook,
    withLedger: (act) => act(newLedger()),
    layoutNames,
    read: (files, { layout, symbols }) =>
      readStatements(files, { layout, symbols: symbolsIn(symbols) }),
    digest: sha256,
    userAt: async (email) => (await identity.userByEmail(email))?.id,
    makeOwner: async (accountId, userId) => {
      await identity.setMember(accountId, userId as UserId, 'owner');
    },
  };
  const run = async (
    words: readonly string[],
    options: { readonly ports?: Partial<ImportPorts>; readonly signal?: AbortSignal } = {},
  ): Promise<Ran> => {
    const [said, told]: [string[], string[]] = [[], []];
    const speech: Speech = {
      out: (line) => said.push(line),
      tell: (line) => told.push(line),
      draw: () => {},
      isWatched: false,
    };
    const command = importCommand({ ...ports, ...options.ports });
    const asked = parseArgs({ args: [...words], options: command.options, allowPositionals: true });
    const signal = options.signal ?? AbortSignal.timeout(60_000);
    const code = await command.run(asked, speech, signal);
    return { code, out: said.join('\n'), told: told.join('\n') };
  };
  return {
    connectionString,
    store,
    identity,
    ports,
    withLook,
    newLedger,
    run,
    /** As `run` with `--json`, its answer read. */
    json: async (...words: readonly string[]) => {
      const { code, out } = await run([...words, '--json']);
      return { code, ...JSON.parse(out) };
    },
    project: () => applyAll(client, store),
    close: async () => {
      await store.close();
      await client.end();
      await pool.end();
      await database.drop();
    },
  };
};

export type ImportWorld = Awaited<ReturnType<typeof importWorld>>;
