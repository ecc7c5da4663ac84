import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import pg from 'pg';
import { testDatabase } from '#tests/support/postgres.ts';
import { migrate, readMigrations } from './migrate.ts';

const folders: string[] = [];
const pools: pg.Pool[] = [];
let pool: pg.Pool;

beforeEach(async () => {
  const { connectionString } = await testDatabase();
  pool = new pg.Pool({ connectionString });
  pools.push(pool);
});

after(async () => {
  for (const open of pools) await open.end();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describe('an empty database', () => {
  it('gets every migration in order, once', async () => {
    const folder = migrations({
      '0001-first.sql': 'CREATE TABLE first (id int);',
      '0002-second.sql': 'CREATE TABLE second (id int); INSERT INTO first VALUES (1);',
    });
    assert.deepEqual(await migrate(pool, folder), ['0001-first.sql', '0002-second.sql']);
    assert.deepEqual(await migrate(pool, folder), []);
    assert.equal((await pool.query('SELECT * FROM first')).rowCount, 1);
  });

  it('is migrated once by many processes that start together', async () => {
    const folder = migrations({
      '0001-once.sql': 'CREATE TABLE once (id int); SELECT pg_sleep(0.2);',
    });
    const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(pool, folder)));
    assert.deepEqual(applied.flat(), ['0001-once.sql']);
  });

  it('keeps nothing of a migration that fails, and says where it failed', async () => {
    const folder = migrations({
      '0001-good.sql': 'CREATE TABLE good (id int);',
      '0002-bad.sql': 'CREATE TABLE bad (id int);\nINSERT INTO nowhere VALUES (1);',
    });
    await assert.rejects(
      migrate(pool, folder),
      /Migration 0002-bad.sql failed.*: relation "nowhere" does not exist/,
    );
    const found = await pool.query("SELECT to_regclass('good') AS good, to_regclass('bad') AS bad");
    assert.deepEqual(found.rows, [{ good: 'good', bad: null }]);
    assert.equal((await pool.query('SELECT * FROM schema_migrations')).rowCount, 1);
  });
});

describe('a migrated database', () => {
  it('refuses an applied file that has changed', async () => {
    const folder = migrations({ '0001-first.sql': 'CREATE TABLE first (id int);' });
    await migrate(pool, folder);
    appendFileSync(join(folder, '0001-first.sql'), '\n-- an afterthought');
    await assert.rejects(migrate(pool, folder), /0001-first.sql has changed since it was applied/);
  });

  it('refuses a program that is older than the data', async () => {
    const folder = migrations({ '0001-first.sql': 'SELECT 1;', '0002-second.sql': 'SELECT 2;' });
    await migrate(pool, folder);
    rmSync(join(folder, '0002-second.sql'));
    await assert.rejects(
      migrate(pool, folder),
      /has migration 0002-second.sql, which this program does not know/,
    );
  });

  it('refuses an applied file under another name', async () => {
    await migrate(pool, migrations({ '0001-first.sql': 'SELECT 1;' }));
    const renamed = migrations({ '0001-renamed.sql': 'SELECT 1;' });
    await assert.rejects(
      migrate(pool, renamed),
      /applied 0001-first.sql where this program has 0001-renamed.sql/,
    );
  });
});

describe('a folder of migrations', () => {
  it('must count up without a gap or a repeat', () => {
    assert.throws(
      () => readMigrations(migrations({ '0001-a.sql': '', '0003-c.sql': '' })),
      /0003-c.sql should be called 0002-/,
    );
    assert.throws(
      () => readMigrations(migrations({ '0001-a.sql': '', '0001-b.sql': '' })),
      /0001-b.sql should be called 0002-/,
    );
    assert.throws(
      () => readMigrations(migrations({ 'first.sql': '' })),
      /first.sql should be called 0001-/,
    );
  });
});

function migrations(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-migrations-'));
  folders.push(folder);
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(folder, name), sql);
  return folder;
}
