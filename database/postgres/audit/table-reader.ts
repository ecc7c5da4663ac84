import pg, { type ClientBase } from 'pg';
import type { LiveTables, TableReader } from '#audit/ports/table-reader.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { type KeyColumn, primaryKeys } from '#projections/ports/table-keys.ts';
import { asText } from '../read-tables/read-tables.ts';

const pageSize = 2_000;

/** The names of the read tables. */
export const readTableNames: readonly string[] = Object.keys(primaryKeys);

const selectLive = `
  SELECT schema_name, version, checkpoint, state FROM ledger.projection_status
  WHERE projection_set = 'ledger' AND live`;

/** One page of a table, after a key where `isFirst` is not; put together of names from the list above alone. */
const pageText = (
  schema: string,
  table: string,
  key: readonly KeyColumn[],
  isFirst: boolean,
): string => {
  const names = key.map(([name]) => pg.escapeIdentifier(name)).join(', ');
  const last = key.map(([, type], index) => `$${index + 1}::${type}`).join(', ');
  const after = isFirst ? '' : `WHERE (${names}) > (${last})`;
  const from = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
  return `SELECT * FROM ${from} ${after} ORDER BY ${names} LIMIT ${pageSize}`;
};

/** The live read tables in the transaction that `client` is in. */
export const createTableReader = (client: ClientBase): TableReader => {
  const live = async (): Promise<LiveTables> => {
    const { rows } = await client.query<StoredRow>({ text: selectLive, types: asText });
    const [row] = rows;
    if (row === undefined) throw new Error('There are no read tables yet: start the server once.');
    return {
      schema: String(row['schema_name']),
      version: Number(row['version']),
      checkpoint: Number(row['checkpoint']),
      state: String(row['state']),
    };
  };

  return {
    live,
    rows: async function* (table) {
      const key = primaryKeys[table];
      if (key === undefined) {
        throw new Error(`There is no read table ${table}; there are ${readTableNames.join(', ')}.`);
      }
      const { schema } = await live();
      let last: StoredRow | undefined;
      for (;;) {
        const text = pageText(schema, table, key, last === undefined);
        const values = last === undefined ? [] : key.map(([name]) => last?.[name]);
        const { rows } = await client.query<StoredRow>({ text, values, types: asText });
        last = rows.at(-1);
        if (last === undefined) return;
        yield rows;
        if (rows.length < pageSize) return;
      }
    },
  };
};
