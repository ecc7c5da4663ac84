/** The commands for whoever sits at the machine: puts together what each of them needs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { help, parseCommandLine, UsageError, type Wish } from '#api/cli/command-line.ts';
import { resetAdmin } from '#api/cli/reset-admin.ts';
import { newPassword } from '#api/cli/terminal.ts';
import { readConfiguration } from '#api/process/configuration.ts';
import { offerSetupToken } from '#api/process/setup-token.ts';
import { DirectoryInUse, startEmbeddedPostgres } from '#database/postgres/embedded.ts';
import { createPostgresIdentityStore } from '#database/postgres/identity-store.ts';
import { createUuids } from '#gateways/system/ids.ts';
import { checkPassword } from '#identity/password-rules.ts';
import { createPasswords } from '#identity/passwords.ts';
import type { IdentityStore } from '#identity/ports/identity-store.ts';
import { makeSigningKey } from '#identity/secrets.ts';

const tell = (line: string): void => console.error(line);

type Database = { readonly connectionString: string; readonly stop: () => Promise<void> };

/** The embedded database that a running server keeps. */
const ofRunningServer = (directory: string): Database => {
  const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8').trim();
  const home = existsSync(join(directory, 'LOCATION')) ? read(directory, 'LOCATION') : directory;
  const [password, port] = [read(directory, 'password'), read(home, 'port')];
  return {
    connectionString: `postgres://postgres:${password}@127.0.0.1:${port}/ledger`,
    stop: async () => {},
  };
};

const openDatabase = async (): Promise<Database> => {
  const { DATABASE_URL, DATA_DIRECTORY } = process.env;
  const { databaseUrl, dataDirectory } = readConfiguration({ DATABASE_URL, DATA_DIRECTORY });
  if (databaseUrl !== null) return { connectionString: databaseUrl, stop: async () => {} };
  const directory = join(dataDirectory, 'postgres');
  if (!existsSync(join(directory, 'password'))) {
    throw new Error(
      `There is no database in ${directory}. Start the server once, go to its folder, or set DATA_DIRECTORY or DATABASE_URL.`,
    );
  }
  try {
    return await startEmbeddedPostgres({ directory, waitMs: 0, walAheadMegabytes: 0, log: tell });
  } catch (error) {
    if (error instanceof DirectoryInUse) return ofRunningServer(directory);
    throw error;
  }
};

const undefinedTable = '42P01';
const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === undefinedTable) {
    return 'This database knows no users yet. Start the server once: it brings the database up to date.';
  }
  // A connection that was refused on several addresses has no message of its own.
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
};

const withStore = async (act: (store: IdentityStore) => Promise<void>): Promise<void> => {
  const database = await openDatabase();
  const { connectionString } = database;
  const pool = new pg.Pool({ connectionString, max: 2, connectionTimeoutMillis: 10_000 });
  pool.on('error', () => {}); // An idle connection that breaks is no concern of a command that has its answer.
  try {
    await act(createPostgresIdentityStore({ pool }));
  } finally {
    await pool.end();
    await database.stop();
  }
};

const printSetupToken = (): Promise<void> =>
  withStore(async (store) => {
    const token = await offerSetupToken(store);
    if (token === null) {
      throw new Error(
        'There is an administrator: no token is good any more. Use reset-admin if nobody can log in as one.',
      );
    }
    console.log(token);
    tell('Good once, until the server starts the next time: POST /api/v1/auth/setup.');
  });

const reset = async (wish: Extract<Wish, { kind: 'reset-admin' }>): Promise<void> => {
  const password = await newPassword(wish.passwordFromStdin);
  await withStore(async (store) => {
    const { hash: hashPassword } = createPasswords();
    const { next: newId } = createUuids();
    const now = () => new Date();
    const { user, isNew, goodKeys } = await resetAdmin(
      { store, checkPassword, hashPassword, newId, now },
      { email: wish.email, username: wish.username, password },
    );
    const done = isNew ? 'was made, an administrator' : 'is an administrator with a new password';
    console.log(`${user.email} ${done}; user id ${user.id}.`);
    if (goodKeys > 0) {
      tell(`API keys of theirs that are still good: ${goodKeys}. Revoke those nobody should have.`);
    }
  });
};

const run = async (wish: Wish): Promise<void> => {
  switch (wish.kind) {
    case 'help':
      return console.log(help);
    case 'secret':
      return console.log(makeSigningKey());
    case 'setup-token':
      return printSetupToken();
    case 'reset-admin':
      return reset(wish);
  }
};

try {
  await run(parseCommandLine(process.argv.slice(2)));
} catch (error) {
  const isUsage = error instanceof UsageError;
  tell(`ledger: ${explain(error)}`);
  if (isUsage) tell('\n`ledger --help` lists the commands.');
  process.exitCode = isUsage ? 2 : 1;
}
