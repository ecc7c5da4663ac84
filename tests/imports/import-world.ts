import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Command, Speech } from '#api/cli/command.ts';
import { type ImportPorts, importCommand } from '#api/cli/import.ts';
import { reconcileCommand } from '#api/cli/reconcile.ts';
import { verifyLedger } from '#audit/verify/verify.ts';
import { noQuotes } from '#commands/imports/rehearsal.ts';
import type { Ledger } from '#commands/ledger.ts';
import { createLedger } from '#commands/pipeline.ts';
import { createReconciliations } from '#commands/reconciliation/reconciliations.ts';
import { createMemorySnapshotStore } from '#database/memory/snapshot-store.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createPostgresIdentityStore } from '#database/postgres/identity-store.ts';
import { createReadSchema } from '#database/postgres/read-tables/schema.ts';
import { readStatement, statementLayouts } from '#gateways/statements/read-statement.ts';
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

/** What the instruments of Degiro's sample are called here. */
export const degiroSymbols = `ISIN,SYMBOL
US1912161007,KO
US56035L1044,MAIN
US18539C2044,CWEN
US9256521090,VICI
CA0641491075,BNS
IE0031442068,IUSA
US00165C1045,AMC
US00206R1023,T
US7561091049,O
US69181V1070,OXSQ
IE00BYPC1H27,CNYB`;

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

const runOf = async (
  command: Command,
  words: readonly string[],
  signal: AbortSignal = AbortSignal.timeout(60_000),
): Promise<Ran> => {
  const [said, told]: [string[], string[]] = [[], []];
  const speech: Speech = {
    out: (line) => said.push(line),
    tell: (line) => told.push(line),
    draw: () => {},
    isWatched: false,
  };
  const asked = parseArgs({ args: [...words], options: command.options, allowPositionals: true });
  const code = await command.run(asked, speech, signal);
  return { code, out: said.join('\n'), told: told.join('\n') };
};

/** A ledger in Postgres, `ledger import` and `ledger reconcile` over it, as ledger.ts puts them together. */
export const importWorld = async () => {
  const database = await migratedTestDatabase();
  const { connectionString } = database;
  const store = createPostgresEventStore({ connectionString, clock: systemClock });
  const pool = new pg.Pool({ connectionString, max: 2 });
  // `end` does not wait for the sessions of idle clients, which dropping the database cuts.
  pool.on('error', () => {});
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
    withLedger: (act) => act(newLedger(), store),
    layoutNames,
    read: (files, { layout, symbols }) =>
      readStatements(files, { layout, symbols: symbolsIn(symbols) }),
    digest: sha256,
    userAt: async (email) => (await identity.userByEmail(email))?.id,
    makeOwner: async (accountId, userId) => {
      await identity.setMember(accountId, userId as UserId, 'owner');
    },
  };
  const run = (
    words: readonly string[],
    options: { readonly ports?: Partial<ImportPorts>; readonly signal?: AbortSignal } = {},
  ): Promise<Ran> => runOf(importCommand({ ...ports, ...options.ports }), words, options.signal);
  const reconciling = reconcileCommand({
    withLook,
    withReconciliations: (act) => act(createReconciliations({ store, ledger: newLedger(), ids })),
    layoutNames: statementLayouts,
    readStatement,
    broker: () => {
      throw new Error('there is no broker here');
    },
  });
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
    reconcile: (...words: readonly string[]) => runOf(reconciling, words),
    /** As `reconcile` with `--json`, its answer read. */
    reconcileJson: async (...words: readonly string[]) => {
      const { code, out } = await runOf(reconciling, [...words, '--json']);
      return { code, answer: JSON.parse(out) };
    },
    project: () => applyAll(client, store),
    verify: () => openLedgerSnapshot({ connectionString }, (snapshot) => verifyLedger(snapshot)),
    close: async () => {
      await store.close();
      await client.end();
      await pool.end();
      await database.drop();
    },
  };
};

export type ImportWorld = Awaited<ReturnType<typeof importWorld>>;
