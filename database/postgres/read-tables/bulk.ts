import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg, { type ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Stored } from '#projections/ports/columns.ts';
import type { BulkReadTables, TableWrite } from '#projections/ports/read-tables.ts';
import { type KeyColumn, primaryKeys } from '#projections/ports/table-keys.ts';
import { copyText } from './copy-text.ts';
import { readsOf, writerSession } from './read-tables.ts';

const UNIQUE_VIOLATION = '23505';

const { escapeIdentifier } = pg;

const keyOf = (table: string): readonly KeyColumn[] => {
  const key = primaryKeys[table];
  if (key === undefined) throw new Error(`there is no read table ${table}`);
  return key;
};

/** Deletes rows by their keys, one parameter for each column of the key; put together of our own names alone. */
const deleteText = (table: string, key: readonly KeyColumn[]): string => {
  const names = key.map(([name]) => escapeIdentifier(name)).join(', ');
  const values = key.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
  return `DELETE FROM ${escapeIdentifier(table)} WHERE (${names}) IN (SELECT * FROM unnest(${values}))`;
};

const copyStatement = ({ table, columns }: TableWrite): string =>
  `COPY ${escapeIdentifier(table)} (${columns.map(escapeIdentifier).join(', ')}) FROM STDIN`;

const removeOld = async (
  client: ClientBase,
  write: TableWrite,
  old: Iterable<readonly Stored[]>,
): Promise<void> => {
  const key = keyOf(write.table);
  const rows = [...old];
  const values = key.map(([name]) => {
    const place = write.columns.indexOf(name);
    return rows.map((row) => row[place]);
  });
  if (rows.length > 0) await client.query(deleteText(write.table, key), values);
  if (write.removed.length > 0) {
    await client.query(deleteText(write.table, key), [write.removed]);
  }
};

const fill = async (client: ClientBase, write: TableWrite): Promise<void> => {
  if (write.count === 0) return;
  const into = client.query(copyFrom(copyStatement(write)));
  await pipeline(Readable.from(copyText(write.rows())), into);
};

/** `isSure`: which rows have to make way for others is known; otherwise every key is looked for. */
const writeAll = async (
  client: ClientBase,
  writes: readonly TableWrite[],
  isSure: boolean,
): Promise<void> => {
  await client.query('BEGIN');
  try {
    for (const write of writes) {
      await removeOld(client, write, isSure ? write.replaced() : write.rows());
      await fill(client, write);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
};

const queryIndexes = (): string =>
  readFileSync(join(import.meta.dirname, 'schema', 'query-indexes.sql'), 'utf8');

const complete = `
  UPDATE ledger.projection_status SET checkpoint = $2, applied_at = clock_timestamp()
  WHERE schema_name = $1 AND checkpoint = 0 AND state = 'rebuilding'`;

/** What the database cannot hold, with the place that it names. */
export class RowRefused extends Error {
  override readonly name = 'RowRefused';
  readonly code = 'row_refused';
}

const explained = (error: unknown): unknown => {
  if (!(error instanceof pg.DatabaseError) || !/^2[23]/.test(error.code ?? '')) return error;
  const where = error.where === undefined ? '' : ` (${error.where.slice(0, 300)})`;
  return new RowRefused(`the database cannot hold a row: ${error.message}${where}`, {
    cause: error,
  });
};

/** Read tables of a schema that has just been made, over two sessions that it must have to itself. */
export const createBulkReadTables = async (
  client: ClientBase,
  reader: ClientBase,
  schema: string,
): Promise<BulkReadTables> => {
  const { inTurn } = await writerSession(client, schema);
  const reads = await writerSession(reader, schema);
  // Rows are asked for by their keys alone. A plan that was made while the tables were small would read all of them.
  await reader.query('SET plan_cache_mode TO force_custom_plan');
  for (const way of ['seqscan', 'hashjoin', 'mergejoin']) {
    await reader.query(`SELECT set_config('enable_' || $1, 'off', false)`, [way]);
  }
  const write = async (writes: readonly TableWrite[]): Promise<void> => {
    try {
      await writeAll(client, writes, true);
    } catch (error) {
      const isTaken = error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION;
      if (!isTaken) throw explained(error);
      // A row that is seldom written twice was: an execution that was disputed first and booked later.
      await writeAll(client, writes, false).catch((again: unknown) => {
        throw explained(again);
      });
    }
  };
  return {
    ...readsOf(reads),
    write: (writes) => inTurn(() => write(writes)),
    complete: (sequence) =>
      inTurn(async () => {
        await client.query(queryIndexes());
        await client.query('BEGIN');
        await client.query(complete, [schema, sequence]);
        await client.query('COMMIT');
      }),
  };
};
