import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { testDatabase } from './postgres.ts';

describe('test databases', () => {
  it('are fresh, empty and apart', async () => {
    const [first, second] = await Promise.all([testDatabase(), testDatabase()]);
    assert.notEqual(first.connectionString, second.connectionString);
    await query(first.connectionString, 'CREATE TABLE mine (id int)');
    const found = await query(second.connectionString, "SELECT to_regclass('mine') AS mine");
    assert.deepEqual(found, [{ mine: null }]);
    await first.drop();
    await assert.rejects(query(first.connectionString, 'SELECT 1'), /does not exist/);
  });

  it('are dropped when the process that asked is killed', async () => {
    const own = await testDatabase();
    const program = `
      const { testDatabase } = await import(${JSON.stringify(join(import.meta.dirname, 'postgres.ts'))});
      console.log((await testDatabase()).connectionString);
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    const name = new URL(said.trim()).pathname.slice(1);
    const isThere = `SELECT 1 FROM pg_database WHERE datname = '${name}'`;
    for (let tries = 0; (await query(own.connectionString, isThere)).length > 0; tries += 1) {
      assert.ok(tries < 100, `${name} is still there`);
      await sleep(50);
    }
  });
});

async function query(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
