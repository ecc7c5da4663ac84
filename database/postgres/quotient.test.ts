import { equal } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import pg from 'pg';
import { divide } from '#domain/money.ts';
import { migratedTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';

describe('ledger.quotient', () => {
  let database: TestDatabase;
  let client: pg.Client;
  before(async () => {
    database = await migratedTestDatabase();
    client = new pg.Client({ connectionString: database.connectionString });
    await client.connect();
  });
  after(async () => {
    await client.end();
    await database.drop();
  });

  const ask = async (numerator: bigint, denominator: bigint): Promise<string> => {
    const { rows } = await client.query<{ value: string }>(
      'SELECT (ledger.quotient($1::numeric, $2::numeric, 9) * 1e9)::numeric(90, 0)::text AS value',
      [String(numerator), String(denominator)],
    );
    return rows[0]?.value ?? '';
  };

  it('settles as the domain divides, ties too', async () => {
    const part = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    // Powers of two make ties of every size.
    const whole = fc.oneof(
      part.filter((value) => value !== 0n),
      fc.integer({ min: 10, max: 40 }).map((power) => 2n ** BigInt(power)),
    );
    await fc.assert(
      fc.asyncProperty(part, whole, async (numerator, denominator) => {
        const expected = divide(numerator * 1_000_000_000n, denominator);
        equal(await ask(numerator, denominator), String(expected));
      }),
      { numRuns: 500 },
    );
    equal(await ask(1n, 2_000_000_000n), '0');
    equal(await ask(3n, 2_000_000_000n), '2');
    equal(await ask(-3n, 2_000_000_000n), '-2');
    equal(await ask(-1n, 2_000_000_000n), '0');
  });
});
