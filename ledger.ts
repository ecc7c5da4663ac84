/** The commands for whoever sits at the machine: puts together what each of them needs. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import pg from 'pg';
import { accountCommand } from '#api/cli/account.ts';
import { ordersCommand, portfolioCommand, positionsCommand } from '#api/cli/as-of.ts';
import type { Command } from '#api/cli/command.ts';
import { runCommandLine } from '#api/cli/command-line.ts';
import { type DiffPorts, diffCommand } from '#api/cli/diff.ts';
import { eventsCommand } from '#api/cli/events.ts';
import { explainCommand } from '#api/cli/explain.ts';
import { exportCommand } from '#api/cli/export.ts';
import { type ImportPorts, importCommand } from '#api/cli/import.ts';
import { orderCommand } from '#api/cli/order.ts';
import { proveCommand } from '#api/cli/prove.ts';
import { rebuildCommand, type WithRebuild } from '#api/cli/rebuild.ts';
import { reconcileCommand } from '#api/cli/reconcile.ts';
import type { ReconcilePorts } from '#api/cli/reconcile-ports.ts';
import { replayCommand, type WithReplays } from '#api/cli/replay.ts';
import { resetAdmin } from '#api/cli/reset-admin.ts';
import { type NewAdmin, resetAdminCommand } from '#api/cli/reset-admin-command.ts';
import { sealCommand } from '#api/cli/seal.ts';
import { secretCommand } from '#api/cli/secret.ts';
import { setupTokenCommand } from '#api/cli/setup-token.ts';
import { processSpeech } from '#api/cli/speech.ts';
import { statusCommand } from '#api/cli/status.ts';
import { newPassword } from '#api/cli/terminal.ts';
import { type VerifyPorts, verifyCommand, type WithVerifySnapshot } from '#api/cli/verify.ts';
import { verifyPastCommand } from '#api/cli/verify-past.ts';
import { verifyProofCommand } from '#api/cli/verify-proof.ts';
import { verifyReportCommand } from '#api/cli/verify-report.ts';
import { verifySealsCommand } from '#api/cli/verify-seals.ts';
import type { WithLook } from '#api/cli/with-look.ts';
import type { SealPorts, SealTools } from '#api/cli/with-seals.ts';
import { readConfiguration } from '#api/process/configuration.ts';
import { accountsOfFirstAdmin } from '#api/process/first-accounts.ts';
import { markedQuotes } from '#api/process/marked-quotes.ts';
import { offerSetupToken } from '#api/process/setup-token.ts';
import type { VerifyThreads } from '#audit/verify/part.ts';
import { createThreadPart, type VerifierOrder } from '#audit/verify/thread-part.ts';
import { noQuotes } from '#commands/imports/rehearsal.ts';
import type { Ledger } from '#commands/ledger.ts';
import { createLedger } from '#commands/pipeline.ts';
import type { EventStore } from '#commands/ports/event-store.ts';
import type { Quotes } from '#commands/ports/quotes.ts';
import { createReconciliations } from '#commands/reconciliation/reconciliations.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresSealStore } from '#database/postgres/audit/seal-store.ts';
import { DirectoryInUse, startEmbeddedPostgres } from '#database/postgres/embedded.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createPostgresIdentityStore } from '#database/postgres/identity-store.ts';
import { codeVersion } from '#database/postgres/read-tables/code-version.ts';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { createQueries } from '#database/postgres/read-tables/queries.ts';
import { createReplayHost } from '#database/postgres/read-tables/replays.ts';
import { createPostgresSnapshotStore } from '#database/postgres/snapshot-store.ts';
import { createPaperStatements } from '#gateways/brokers/paper/paper-statement.ts';
import { readStatement, statementLayouts } from '#gateways/statements/read-statement.ts';
import { layoutNames, readStatements, symbolsIn } from '#gateways/statements/read-statements.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { sha256 } from '#gateways/system/digest.ts';
import { createUuids } from '#gateways/system/ids.ts';
import type { UserId } from '#identity/ids.ts';
import { normalEmail } from '#identity/names.ts';
import { checkPassword } from '#identity/password-rules.ts';
import { createPasswords } from '#identity/passwords.ts';
import type { IdentityStore } from '#identity/ports/identity-store.ts';
import { makeSigningKey } from '#identity/secrets.ts';

const tell = (line: string): void => console.error(line);
const ids = createUuids();

type Database = {
  readonly connectionString: string;
  /** We started it for the moment, so no server runs on it. */
  readonly isOurs: boolean;
  readonly stop: () => Promise<void>;
};

/** The embedded database that a running server keeps. */
const ofRunningServer = (directory: string): Database => {
  const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8').trim();
  const home = existsSync(join(directory, 'LOCATION')) ? read(directory, 'LOCATION') : directory;
  const [password, port] = [read(directory, 'password'), read(home, 'port')];
  return {
    connectionString: `postgres://postgres:${password}@127.0.0.1:${port}/ledger`,
    isOurs: false,
    stop: async () => {},
  };
};

/** Of all that the server reads from its environment, what the commands need. */
const configurationOf = ({
  DATABASE_URL,
  AUDIT_DATABASE_URL,
  DATA_DIRECTORY,
  SEAL_KEY_FILE,
  DEMO,
}: NodeJS.ProcessEnv) =>
  readConfiguration({ DATABASE_URL, AUDIT_DATABASE_URL, DATA_DIRECTORY, SEAL_KEY_FILE, DEMO });

const openDatabase = async (): Promise<Database> => {
  const { databaseUrl, dataDirectory } = configurationOf(process.env);
  if (databaseUrl !== null)
    return { connectionString: databaseUrl, isOurs: false, stop: async () => {} };
  const directory = join(dataDirectory, 'postgres');
  if (!existsSync(join(directory, 'password'))) {
    throw new Error(
      `There is no database in ${directory}. Start the server once, go to its folder, or set DATA_DIRECTORY or DATABASE_URL.`,
    );
  }
  try {
    const options = { directory, waitMs: 0, walAheadMegabytes: 0, log: tell };
    const { connectionString, stop } = await startEmbeddedPostgres(options);
    return { connectionString, isOurs: true, stop };
  } catch (error) {
    if (error instanceof DirectoryInUse) return ofRunningServer(directory);
    throw error;
  }
};

/** The database once for the whole run, opened when it is first asked for. */
let opened: Promise<Database> | undefined;
const database = (): Promise<Database> => {
  opened ??= openDatabase();
  return opened;
};

const interrupted = new AbortController();
const { signal } = interrupted;

/** A look at what is written to: what is sealed has to be what was sealed before, and more. */
const withPrimaryLook: WithLook = async (act) => {
  const { connectionString } = await database();
  return openLedgerSnapshot({ connectionString, signal }, act);
};

/** Of the replica, where there is one. */
const auditedDatabase = async (): Promise<string> =>
  configurationOf(process.env).auditDatabaseUrl ?? (await database()).connectionString;

const withLook: WithLook = async (act) =>
  openLedgerSnapshot({ connectionString: await auditedDatabase(), signal }, act);

const withBuilds: DiffPorts['withBuilds'] = async (act) => {
  const { connectionString } = await database();
  return openLedgerSnapshot({ connectionString, signal }, act);
};

/** Fewer events are verified before other threads have begun. */
const eventsForThreads = 20_000;

const withVerifySnapshot: WithVerifySnapshot = async (act) => {
  const connectionString = await auditedDatabase();
  const start: VerifyThreads['start'] = (order, momentName) => {
    const workerData: VerifierOrder = { connectionString, momentName, order };
    return createThreadPart(new Worker(new URL('./verifier.ts', import.meta.url), { workerData }));
  };
  const threads = { most: availableParallelism(), fromEvents: eventsForThreads, start };
  return openLedgerSnapshot({ connectionString }, (snapshot) => act(snapshot, threads));
};

const withSealsOf = async <T>(
  connectionString: string,
  act: (tools: SealTools) => Promise<T>,
): Promise<T> => {
  const pool = new pg.Pool({ connectionString, max: 2, connectionTimeoutMillis: 10_000 });
  pool.on('error', () => {}); // As below.
  try {
    return await act({ seals: createPostgresSealStore({ pool }), withSnapshot: withPrimaryLook });
  } finally {
    await pool.end();
  }
};

const sealPorts: SealPorts = {
  withSeals: async (act) => withSealsOf((await database()).connectionString, act),
  keyPlace: () => {
    const { dataDirectory, sealKeyFile } = configurationOf(process.env);
    return { dataDirectory, sealKeyFile };
  },
  now: () => new Date(),
};

/** Seals as the replica has them: what it has not heard of yet, its log has not either. */
const verifyPorts: VerifyPorts = {
  ...sealPorts,
  withSeals: async (act) => withSealsOf(await auditedDatabase(), act),
  withVerifySnapshot,
};

/** The log as projections read it. */
const withFeed = async <T>(
  act: (feed: EventStore, connectionString: string) => Promise<T>,
): Promise<T> => {
  const { connectionString } = await database();
  const feed = createPostgresEventStore({
    connectionString,
    clock: systemClock,
    connectionsMax: 2,
  });
  try {
    return await act(feed, connectionString);
  } finally {
    await feed.close();
  }
};
const withRebuild: WithRebuild = (act) =>
  withFeed((feed, connectionString) =>
    act({ feed, host: createReadTableHost({ connectionString }) }),
  );
const withReplays: WithReplays = (act) =>
  withFeed((feed, connectionString) => act({ feed, host: createReplayHost({ connectionString }) }));

const withStore = async <T>(act: (store: IdentityStore) => Promise<T>): Promise<T> => {
  const { connectionString } = await database();
  const pool = new pg.Pool({ connectionString, max: 2, connectionTimeoutMillis: 10_000 });
  pool.on('error', () => {}); // An idle connection that breaks is no concern of a command that has its answer.
  try {
    return await act(createPostgresIdentityStore({ pool }));
  } finally {
    await pool.end();
  }
};

/** The command side beside a running server, or without one: the store has both write in turn. */
const withCommandSide = async <T>(
  act: (side: {
    readonly store: EventStore;
    readonly pool: pg.Pool;
    readonly ledgerWith: (quotes: Quotes) => Ledger;
  }) => Promise<T>,
): Promise<T> => {
  const { connectionString } = await database();
  const pool = new pg.Pool({ connectionString, max: 2, connectionTimeoutMillis: 10_000 });
  pool.on('error', () => {}); // As above.
  const store = createPostgresEventStore({ connectionString, clock: systemClock });
  const snapshots = createPostgresSnapshotStore({ pool });
  const ledgerWith = (quotes: Quotes) =>
    createLedger({ store, snapshots, quotes, ids, digest: sha256 });
  try {
    return await act({ store, pool, ledgerWith });
  } finally {
    await store.close();
    await pool.end();
  }
};

const reconcilePorts: ReconcilePorts = {
  withLook,
  withReconciliations: (act) =>
    withCommandSide(async ({ store, pool, ledgerWith }) => {
      const quotes = await markedQuotes(createQueries({ pool, clock: systemClock }));
      return act(createReconciliations({ store, ledger: ledgerWith(quotes), ids }));
    }),
  layoutNames: statementLayouts,
  readStatement,
  broker: () =>
    createPaperStatements(join(configurationOf(process.env).dataDirectory, 'paper-broker')),
};

const reset = (admin: NewAdmin) =>
  withStore((store) => {
    const { hash: hashPassword } = createPasswords();
    const { next: newId } = ids;
    const now = () => new Date();
    const { demo } = configurationOf(process.env);
    const ownedByFirstAdmin = accountsOfFirstAdmin(demo);
    return resetAdmin({ store, checkPassword, hashPassword, newId, now, ownedByFirstAdmin }, admin);
  });

const offerToken = async (): Promise<string | null> => {
  if ((await database()).isOurs) {
    throw new Error(
      'The server is not running, and its start would void the token: start it first, then ask again.',
    );
  }
  return withStore(offerSetupToken);
};

const imports: ImportPorts = {
  withLook,
  withLedger: (act) => withCommandSide(({ store, ledgerWith }) => act(ledgerWith(noQuotes), store)),
  layoutNames,
  read: (files, { layout, symbols }) =>
    readStatements(files, { layout, symbols: symbolsIn(symbols) }),
  digest: sha256,
  userAt: (email) => withStore(async (store) => (await store.userByEmail(normalEmail(email)))?.id),
  makeOwner: (accountId, userId) =>
    withStore(async (store) => {
      await store.setMember(accountId, userId as UserId, 'owner');
    }),
};

const commands: readonly Command[] = [
  statusCommand(withLook, Date.now),
  eventsCommand(withLook),
  orderCommand(withLook),
  accountCommand(withLook),
  positionsCommand(withLook),
  portfolioCommand(withLook),
  ordersCommand(withLook),
  explainCommand(withLook),
  verifyCommand(verifyPorts),
  verifyReportCommand(),
  verifyPastCommand(withLook),
  reconcileCommand(reconcilePorts),
  sealCommand(sealPorts),
  proveCommand(sealPorts),
  verifyProofCommand(),
  verifySealsCommand(sealPorts),
  exportCommand(withLook),
  importCommand(imports),
  replayCommand({ withReplays, withSnapshot: withLook }),
  rebuildCommand(withRebuild),
  diffCommand({ withReplays, withSnapshot: withLook, withBuilds, program: codeVersion }),
  resetAdminCommand(newPassword, reset),
  setupTokenCommand(offerToken),
  secretCommand(makeSigningKey),
];

// Once: who asks a second time is not kept waiting.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());

// A password that is waited for is not coming any more.
signal.addEventListener('abort', () => process.stdin.destroy());

let isDeaf = false;
const speech = processSpeech(() => {
  isDeaf = true;
  interrupted.abort();
});
const exitCode = await runCommandLine(
  commands,
  process.argv.slice(2),
  speech,
  signal,
  () => isDeaf,
);
process.exitCode = exitCode;
const left = await opened?.catch(() => undefined);
await left?.stop();
