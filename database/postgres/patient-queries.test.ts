import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg, { type QueryArrayConfig } from 'pg';
import { migratedTestDatabase, type TestDatabase } from '../../tests/support/postgres.ts';
import { createPatientQueries, type PatientQueries } from './patient-queries.ts';

const asking = (text: string): QueryArrayConfig => ({ text, values: [], rowMode: 'array' });

describe('patient queries', () => {
  let database: TestDatabase;
  let queries: PatientQueries;

  before(async () => {
    database = await migratedTestDatabase();
    const pool = new pg.Pool({ connectionString: database.connectionString, max: 1 });
    pool.on('error', () => {});
    queries = createPatientQueries(pool, 200);
  });
  after(async () => {
    await queries.end();
    await database.drop();
  });

  it('give up a server that does not answer, and go on over another connection', async () => {
    const [[first = 0] = []] = (await queries.query<[number]>(asking('SELECT pg_backend_pid()')))
      .rows;
    const sleeping = queries.query(asking('SELECT pg_sleep(30)'));
    const waiting = queries.query<[number]>(asking('SELECT pg_backend_pid()'));
    await assert.rejects(sleeping, /the server does not answer: query read timeout/);
    assert.notEqual((await waiting).rows[0]?.[0], first);
  });

  it('end, also while the server does not answer', async () => {
    const pool = new pg.Pool({ connectionString: database.connectionString, max: 1 });
    pool.on('error', () => {});
    const ending = createPatientQueries(pool, 200);
    const sleeping = assert.rejects(
      ending.query(asking('SELECT pg_sleep(30)')),
      /query read timeout/,
    );
    await ending.end();
    await sleeping;
  });

  it('hand on what the server refuses, and what a cut connection means', async () => {
    await assert.rejects(queries.query(asking('SELECT 1 / 0')), { code: '22012' });
    await assert.rejects(
      queries.query(asking('SELECT pg_terminate_backend(pg_backend_pid())')),
      (error: Error) => /terminat/i.test(error.message),
    );
    assert.deepEqual((await queries.query(asking('SELECT 1'))).rows, [[1]]);
  });
});
