// Keeps one embedded PostgreSQL for all test processes of this checkout: hands out databases over a socket, drops
// them when the asking process goes (however it goes), and ends a few seconds after the last has gone.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import {
  DirectoryInUse,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '#database/postgres/embedded.ts';
import { migrate, migrationsFolder } from '#database/postgres/migrate.ts';

const HELD_BY_ANOTHER = 3;
const IDLE_MS = 5000;

const home = process.argv[2];
if (home === undefined) throw new Error('usage: postgres-keeper.ts FOLDER');
process.chdir(home);

const server = await start(home);
const admin = new pg.Client({ connectionString: server.connectionString });
await admin.connect();
await dropLeftovers();

let queue: Promise<unknown> = Promise.resolve();
let users = 0;
let idle = setTimeout(end, IDLE_MS);

const door = createServer(serve);
rmSync('keeper.sock', { force: true });
door.listen('keeper.sock');
process.on('SIGTERM', end);
process.on('SIGINT', end);
void server.exited.then(() => process.exit(1));

function serve(socket: Socket): void {
  users += 1;
  clearTimeout(idle);
  const databases = new Set<string>();
  createInterface({ input: socket }).on('line', (line) => {
    void inTurn(async () => {
      const answer = await carryOut(line, databases).catch((error: unknown) => ({
        error: String(error),
      }));
      socket.write(`${JSON.stringify(answer)}\n`);
    });
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    users -= 1;
    void inTurn(async () => {
      for (const name of databases) await drop(name);
    });
    if (users === 0) idle = setTimeout(end, IDLE_MS);
  });
}

async function carryOut(line: string, databases: Set<string>): Promise<Record<string, string>> {
  const [verb, argument = ''] = line.split(' ');
  if (verb === 'drop' && databases.delete(argument)) {
    await drop(argument);
    return {};
  }
  if (verb !== 'create') throw new Error(`unknown request: ${line}`);
  const template = argument === 'migrated' ? await migratedTemplate() : 'template0';
  const name = `test_${randomBytes(6).toString('hex')}`;
  // Without fsync a file copy takes 12 ms; the default, through the write-ahead log, 90 ms.
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
  databases.add(name);
  return { name, connectionString: addressOf(name) };
}

// Named after the migrations' content: changed files give a new template, unchanged ones are migrated once.
async function migratedTemplate(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of globSync('*.sql', { cwd: migrationsFolder }).sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(migrationsFolder, file)));
  }
  const name = `migrated_${hash.digest('hex').slice(0, 16)}`;
  const found = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (found.rowCount !== 0) return name;
  const draft = `${name}_draft`;
  await drop(draft);
  await admin.query(`CREATE DATABASE ${draft} TEMPLATE template0`);
  const pool = new pg.Pool({ connectionString: addressOf(draft), max: 1 });
  try {
    await migrate(pool);
  } finally {
    await pool.end();
  }
  await admin.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
  return name;
}

async function start(directory: string): Promise<EmbeddedPostgres> {
  const begin = () =>
    startEmbeddedPostgres({
      directory,
      waitMs: 0,
      walAheadMegabytes: 0,
      log: (line) => console.log(line),
      // Tests kill processes, never the machine: without fsync a database is made in 12 ms instead of 90.
      settings: {
        fsync: 'off',
        full_page_writes: 'off',
        shared_buffers: '128MB',
        max_connections: '300',
        max_wal_size: '1GB',
      },
    });
  try {
    return await begin();
  } catch (error) {
    if (error instanceof DirectoryInUse) process.exit(HELD_BY_ANOTHER);
    console.log('The test database is made anew:', error);
    throwAway(directory);
    return await begin();
  }
}

function throwAway(directory: string): void {
  const moved = join(directory, 'LOCATION');
  if (existsSync(moved))
    rmSync(readFileSync(moved, 'utf8').trim(), { recursive: true, force: true });
  for (const name of ['LOCATION', 'cluster', 'password', 'port']) {
    rmSync(join(directory, name), { recursive: true, force: true });
  }
}

async function dropLeftovers(): Promise<void> {
  const found = await admin.query<{ datname: string }>(
    String.raw`SELECT datname FROM pg_database WHERE datname LIKE 'test\_%' OR datname LIKE 'migrated\_%'`,
  );
  for (const { datname } of found.rows) await drop(datname);
}

async function drop(name: string): Promise<void> {
  await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

function addressOf(database: string): string {
  const url = new URL(server.connectionString);
  url.pathname = `/${database}`;
  return url.toString();
}

// One at a time: a template may not be in use while it is copied.
function inTurn(task: () => Promise<void>): Promise<void> {
  const done = queue.then(task, task);
  queue = done;
  return done;
}

function end(): void {
  door.close();
  rmSync('keeper.sock', { force: true });
  void inTurn(async () => {
    await admin.end();
    await server.stop();
    process.exit(0);
  });
}
