import pg, { type ClientBase } from 'pg';
import type {
  Build,
  BuildFacts,
  BuildReader,
  ColumnKind,
  ColumnKinds,
} from '#audit/ports/builds.ts';
import type { AccountId } from '#domain/ids.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { costRules } from '#projections/ports/rules.ts';
import { primaryKeys } from '#projections/ports/table-keys.ts';
import { asText } from '../read-tables/read-tables.ts';

const pageSize = 2_000;
const { escapeIdentifier } = pg;

const selectSchema = `
  SELECT schema_name, live, state, checkpoint, to_regclass(format('%I.build', schema_name)) AS build
  FROM ledger.projection_status
  WHERE CASE WHEN $1 = 'live' THEN live AND projection_set = 'ledger' ELSE schema_name = $1 END`;
const selectColumns = `
  SELECT column_name, data_type FROM information_schema.columns
  WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`;

const kindsByType: Readonly<Record<string, ColumnKind>> = {
  numeric: 'decimal',
  'timestamp with time zone': 'instant',
  boolean: 'flag',
  jsonb: 'json',
};

/**
 * A table in the order of its key, put together of our own names and of a schema that is in the book. Texts go in the
 * order of their bytes, which is the same in every database.
 */
const orderedBy = (schema: string, table: string, ofAccount: boolean): string => {
  const key = (primaryKeys[table] ?? []).map(
    ([name, type]) => `${escapeIdentifier(name)}${type === 'text' ? ' COLLATE "C"' : ''}`,
  );
  const from = `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`;
  const where = ofAccount ? 'WHERE account_id = $1::uuid' : '';
  return `SELECT * FROM ${from} ${where} ORDER BY ${key.join(', ')}`;
};

/** Builds in the transaction that `client` is in. */
export const createBuildReader = (client: ClientBase): BuildReader => {
  let cursors = 0;
  const ask = async (text: string, values: readonly unknown[]): Promise<readonly StoredRow[]> =>
    (await client.query<StoredRow>({ text, values: [...values], types: asText })).rows;

  const factsOf = async (row: StoredRow): Promise<BuildFacts> => {
    const sequence = Number(row['checkpoint']);
    const unknown = { program: null, cost: 'average', sequence, accountId: null } as const;
    if (row['build'] === null) return unknown;
    const schema = escapeIdentifier(String(row['schema_name']));
    const [build] = await ask(`SELECT program, cost, account_id FROM ${schema}.build`, []);
    if (build === undefined) return unknown;
    const cost = costRules.find((one) => one === build['cost']);
    if (cost === undefined) {
      throw new Error(`${row['schema_name']} was built by a rule that this program lacks.`);
    }
    const accountId = build['account_id'] as AccountId | null;
    return { program: String(build['program']), cost, sequence, accountId };
  };
  const kinds = async (schema: string, table: string): Promise<ColumnKinds | null> => {
    const columns = await ask(selectColumns, [schema, table]);
    if (columns.length === 0) return null;
    return Object.fromEntries(
      columns.map((column) => [
        String(column['column_name']),
        kindsByType[String(column['data_type'])] ?? 'text',
      ]),
    );
  };
  async function* rows(
    schema: string,
    table: string,
    accountId: AccountId | null,
  ): AsyncGenerator<readonly StoredRow[], void, void> {
    if ((await kinds(schema, table)) === null) return;
    cursors += 1;
    const cursor = `build_rows_${cursors}`;
    const text = orderedBy(schema, table, accountId !== null);
    await client.query(
      `DECLARE ${cursor} NO SCROLL CURSOR FOR ${text}`,
      accountId === null ? [] : [accountId],
    );
    for (;;) {
      const page = await ask(`FETCH ${pageSize} FROM ${cursor}`, []);
      if (page.length > 0) yield page;
      if (page.length < pageSize) break;
    }
    await client.query(`CLOSE ${cursor}`);
  }

  return {
    find: async (name) => {
      const [row] = await ask(selectSchema, [name]);
      if (row === undefined) return undefined;
      const schema = String(row['schema_name']);
      if (row['state'] === 'rebuilding') throw new Error(`${schema} is not built to its end yet.`);
      return {
        name,
        facts: await factsOf(row),
        kinds: (table) => kinds(schema, table),
        rows: (table, accountId) => rows(schema, table, accountId),
      } satisfies Build;
    },
  };
};
