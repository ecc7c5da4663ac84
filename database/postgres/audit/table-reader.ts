import pg, { type ClientBase } from 'pg';
import type {
  LiveTables,
  RowFilter,
  SharedId,
  VerifyTableReader,
} from '#audit/ports/table-reader.ts';
import { type AccountId, accountStream } from '#domain/ids.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { type KeyColumn, primaryKeys } from '#projections/ports/table-keys.ts';
import { asText } from '../read-tables/read-tables.ts';

const pageSize = 2_000;
/**
 * A dozen tables are read beside each other along the log. A page of each has the rows of about as many events: then few
 * wait long for the log to reach them, and a table that most events have a row in is not asked for at every turn.
 */
const eventsInPage = 8_000;
const firstPage = 500;
const [leastInPage, mostInPage] = [100, 3_000];

/** The names of the read tables. */
export const readTableNames: readonly string[] = Object.keys(primaryKeys);

/** The column that says which event made a row, where there is one. */
const madeBy: { readonly [table: string]: 'created_sequence' | 'sequence' } = {
  accounts: 'created_sequence',
  orders: 'created_sequence',
  order_fills: 'created_sequence',
  position_history: 'created_sequence',
  lots: 'created_sequence',
  stock_splits: 'sequence',
  transactions: 'sequence',
  journal_entries: 'sequence',
  price_marks: 'sequence',
  portfolio_snapshots: 'sequence',
  breaks: 'created_sequence',
  reconciliations: 'sequence',
};
const ofNoAccount: readonly string[] = ['market_data_cache', 'price_marks'];

const selectLive = `
  SELECT schema_name, version, checkpoint, state FROM ledger.projection_status
  WHERE projection_set = 'ledger' AND live`;

const nameOf = (schema: string, table: string): string =>
  `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;

/** Conditions and their values, put together of names from the lists above alone. */
const restriction = (
  table: string,
  { after, accountId: account, accounts }: RowFilter,
  values: unknown[],
) => {
  const conditions: string[] = [];
  const made = madeBy[table];
  if (after !== undefined && made !== undefined) {
    conditions.push(`${made} > $${values.push(after)}::bigint`);
  }
  if (account !== undefined && !ofNoAccount.includes(table)) {
    conditions.push(`account_id = $${values.push(account)}::uuid`);
  }
  // A uuid's bytes are in the order of its text.
  if (accounts != null && !ofNoAccount.includes(table)) {
    const { from, to } = accounts;
    if (from !== null) conditions.push(`account_id >= $${values.push(from)}::uuid`);
    if (to !== null) conditions.push(`account_id < $${values.push(to)}::uuid`);
  }
  return conditions;
};

/** One page of a table, after a key where there is a last one. */
const pageOf = (
  schema: string,
  table: string,
  key: readonly KeyColumn[],
  last: StoredRow | undefined,
  filter: RowFilter,
): { readonly text: string; readonly values: unknown[] } => {
  const names = key.map(([name]) => pg.escapeIdentifier(name)).join(', ');
  const values: unknown[] = last === undefined ? [] : key.map(([name]) => last[name]);
  const bound = key.map(([, type], index) => `$${index + 1}::${type}`).join(', ');
  const conditions = last === undefined ? [] : [`(${names}) > (${bound})`];
  conditions.push(...restriction(table, filter, values));
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const from = nameOf(schema, table);
  return { text: `SELECT * FROM ${from} ${where} ORDER BY ${names} LIMIT ${pageSize}`, values };
};

/** All of a table in the order of the log. */
const inOrder = (schema: string, table: string, key: readonly KeyColumn[], filter: RowFilter) => {
  const made = madeBy[table];
  if (made === undefined) throw new Error(`Rows of ${table} do not say which event made them.`);
  const values: unknown[] = [];
  const conditions = restriction(table, filter, values);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const order = [made, ...key.map(([name]) => name).filter((name) => name !== made)].join(', ');
  return { text: `SELECT * FROM ${nameOf(schema, table)} ${where} ORDER BY ${order}`, values };
};

/** How many rows the next page should have, by how many events made those of this one. */
const sizeAfter = (
  page: readonly StoredRow[],
  placeOf: (row: StoredRow | undefined) => number,
): number => {
  const events = placeOf(page.at(-1)) - placeOf(page[0]) + 1;
  const rows = Math.round((page.length * eventsInPage) / events);
  return Math.min(Math.max(rows, leastInPage), mostInPage);
};

const wantedText = (schema: string, table: string, key: readonly KeyColumn[]): string => {
  const names = key.map(([name]) => pg.escapeIdentifier(name)).join(', ');
  const lists = key.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
  return `SELECT kept.* FROM unnest(${lists}) AS wanted (${names})
    JOIN ${nameOf(schema, table)} AS kept USING (${names})`;
};

// Which ids there are twice, the index on them tells alone; without it, which may have been taken away, Postgres groups
// them on its disk. Only the events of those ids are looked at.
const sharedIds = (among: string): string => `
  SELECT id, sequence, stream, revision, first
  FROM (
    SELECT id, sequence, stream, revision, min(sequence) OVER (PARTITION BY id) AS first
    FROM ledger.events
    WHERE id IN (SELECT id FROM ledger.events ${among} GROUP BY id HAVING count(*) > 1)
  ) AS shared
  WHERE sequence > first
  ORDER BY sequence LIMIT $1`;
const selectSharedIds = sharedIds('');
const selectSharedIdsOfSome = sharedIds(`
    WHERE id IN (SELECT id FROM ledger.events
                 WHERE sequence > $2 AND ($3::text IS NULL OR stream = $3))`);

const selectStateRevisions = 'SELECT stream, revision FROM ledger.snapshots';
const selectHeads =
  'SELECT stream, revision, hash FROM ledger.streams WHERE stream > $1 ORDER BY stream LIMIT $2';
const selectAccountBounds = `
  SELECT min(id) AS bound FROM (
    SELECT id, floor(before * $1 / nullif(total, 0)) AS part FROM (
      SELECT substr(stream, 9) AS id,
        sum(revision) OVER (ORDER BY stream COLLATE "C") - revision AS before,
        sum(revision) OVER () AS total
      FROM ledger.streams
      WHERE stream ~ '^account-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    ) AS counted
  ) AS parted
  WHERE part > 0 AND part < $1 GROUP BY part ORDER BY part`;
const selectCounter = 'SELECT sequence FROM ledger.log_head';
const selectState =
  'SELECT stream, revision, version, state FROM ledger.snapshots WHERE stream = $1';

/** The live read tables in the transaction that `client` is in. */
export const createTableReader = (client: ClientBase): VerifyTableReader => {
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

  const read = async (text: string, values: unknown[] = []): Promise<readonly StoredRow[]> =>
    (await client.query<StoredRow>({ text, values, types: asText })).rows;

  const keyOf = (table: string): readonly KeyColumn[] => {
    const key = primaryKeys[table];
    if (key !== undefined) return key;
    throw new Error(`There is no read table ${table}; there are ${readTableNames.join(', ')}.`);
  };

  let cursors = 0;

  return {
    live,
    rows: async function* (table, filter = {}) {
      const key = keyOf(table);
      const { schema } = await live();
      let last: StoredRow | undefined;
      for (;;) {
        const { text, values } = pageOf(schema, table, key, last, filter);
        const rows = await read(text, values);
        last = rows.at(-1);
        if (last === undefined) return;
        yield rows;
        if (rows.length < pageSize) return;
      }
    },
    inOrderOfLog: async function* (table, filter = {}) {
      const { schema } = await live();
      const { text, values } = inOrder(schema, table, keyOf(table), filter);
      const column = madeBy[table] as string;
      const placeOf = (row: StoredRow | undefined): number => Number(row?.[column]);
      cursors += 1;
      const cursor = `in_order_${cursors}`;
      await client.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${text}`, values);
      for (let size = firstPage, isLast = false; !isLast; ) {
        const page = await read(`FETCH ${size} FROM ${cursor}`);
        isLast = page.length < size;
        if (page.length === 0) break;
        size = sizeAfter(page, placeOf);
        yield page;
      }
      await client.query(`CLOSE ${cursor}`);
    },
    byKeys: async (table, wanted) => {
      const key = keyOf(table);
      const { schema } = await live();
      const lists = key.map((_, column) => wanted.map((one) => one[column]));
      return read(wantedText(schema, table, key), lists);
    },
    sharedIds: async ({ after = 0, accountId: account }, limit) => {
      const stream = account === undefined ? null : accountStream(account as AccountId);
      const rows =
        after === 0 && stream === null
          ? await read(selectSharedIds, [limit])
          : await read(selectSharedIdsOfSome, [limit, after, stream]);
      return rows.map(
        (row): SharedId => ({
          id: String(row['id']),
          sequence: Number(row['sequence']),
          stream: String(row['stream']),
          revision: Number(row['revision']),
          first: Number(row['first']),
        }),
      );
    },
    stateRevisions: async () => {
      const rows = await read(selectStateRevisions);
      return new Map(rows.map((row) => [String(row['stream']), Number(row['revision'])]));
    },
    storedState: async (stream) => {
      const [row] = await read(selectState, [stream]);
      if (row === undefined) return undefined;
      const { revision, version, state } = row;
      return {
        stream,
        revision: Number(revision),
        version: Number(version),
        state: String(state),
      };
    },
    streamHeads: async function* () {
      for (let last = ''; ; ) {
        const rows = await read(selectHeads, [last, pageSize]);
        if (rows.length === 0) return;
        yield rows.map(({ stream, revision, hash }) => ({
          stream: String(stream),
          revision: Number(revision),
          hash: String(hash),
        }));
        last = String(rows.at(-1)?.['stream']);
      }
    },
    accountBounds: async (parts) =>
      (await read(selectAccountBounds, [parts])).map((row) => String(row['bound'])),
    counter: async () => Number((await read(selectCounter))[0]?.['sequence']),
  };
};
