import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { figures, noFigures, whyNoFigure } from '#audit/explain/figures.ts';
import { randomHistory } from '../support/account-histories.ts';
import { ledgerOf, type TestedLedger } from './look-world.ts';

// Whatever is not known to be no number: a new type is found. The log itself is no read table.
const selectNumbers = `
  SELECT table_name || '.' || column_name AS name FROM information_schema.columns
  WHERE table_schema = 'ledger' AND table_name <> 'event_log' AND table_name IN (
      SELECT table_name FROM information_schema.views WHERE table_schema = 'ledger')
    AND data_type NOT IN ('text', 'uuid', 'boolean', 'date', 'jsonb', 'timestamp with time zone')
  ORDER BY 1`;

describe('the columns of the public views', () => {
  let ledger: TestedLedger;
  let numbers: ReadonlySet<string>;
  before(async () => {
    ledger = await ledgerOf(
      randomHistory({ seed: 1, accounts: 1, symbols: 1, events: 2, rare: false }),
    );
    const client = new pg.Client({ connectionString: ledger.connectionString });
    await client.connect();
    const { rows } = await client.query<{ name: string }>(selectNumbers);
    await client.end();
    numbers = new Set(rows.map(({ name }) => name));
  });
  after(() => ledger.close());

  const listed = Object.entries(noFigures).flatMap(([view, columns]) =>
    Object.keys(columns).map((column) => `${view}.${column}`),
  );

  it('are figures that can be explained, or say why they are none', () => {
    const known = new Set([...figures.map(({ name }) => name), ...listed]);
    assert.ok(numbers.size > 100, `${numbers.size} columns`);
    assert.deepEqual(
      [...numbers].filter((name) => !known.has(name)),
      [],
    );
  });

  it('are there for everything that the catalogue names', () => {
    const named = [...figures.map(({ name }) => name), ...listed];
    assert.deepEqual(
      named.filter((name) => !numbers.has(name)),
      [],
    );
    assert.deepEqual(named.length, new Set(named).size);
    for (const name of listed) assert.ok(whyNoFigure(name));
  });
});
