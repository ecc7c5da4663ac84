import type { ClientBase } from 'pg';
import type { LogReader } from '#audit/ports/log-reader.ts';
import type {
  AtSegment,
  KeptRow,
  LinesAsked,
  PastReader,
  RowsAsked,
  Segment,
  SegmentRange,
  Shown,
} from '#audit/ports/past.ts';
import { type AccountId, accountStream } from '#domain/ids.ts';
import {
  flag,
  instant,
  integer,
  nullable,
  rowReader,
  type StoredObject,
  text,
} from '#projections/ports/columns.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import { foldVersion } from '../read-tables/code-version.ts';
import { asText } from '../read-tables/read-tables.ts';
import { type EventRow, storedEventOf } from './event-row.ts';
import * as sql from './past-statements.ts';

const time = nullable(instant);
const segmentShape = {
  accountId: text<AccountId>(),
  floor: integer,
  through: integer,
  revision: integer,
  sessions: integer,
  earliest: time,
  earliestOrigin: integer,
  latest: instant,
  hash: text<string>(),
  facts: text<string>(),
  digest: text<string>(),
};
const toSegment: (row: StoredRow) => Segment = rowReader(segmentShape);
const toRange: (row: StoredRow) => SegmentRange = rowReader({
  ...segmentShape,
  revisionBefore: integer,
  sessionsBefore: integer,
});

const readKept = rowReader({
  tableName: text<KeptRow['table']>(),
  key: text<string>(),
  place: integer,
  symbol: nullable(text<string>()),
  side: nullable(text<string>()),
  status: nullable(text<string>()),
  at: time,
  open: flag,
  reference: nullable(text<string>()),
  settlesAt: time,
  times: nullable(text<string>()),
  body: nullable(text<string>()),
});
const toKept = (stored: StoredRow): KeptRow => {
  const { tableName: table, body: row, ...rest } = readKept(stored);
  return { table, row, ...rest };
};

const placeOf = (row: StoredRow) => ({
  accountId: row['account_id'] as AccountId,
  place: Number(row['created_sequence']),
});

const endOf = ({ end }: Shown): readonly [at: string | null, sequence: number] => [
  end?.at ?? null,
  end?.sequence ?? 0,
];

const linesOf = ({ types, symbols, after, until }: Omit<LinesAsked, 'limit'>) => [
  types,
  symbols,
  after,
  until,
];

/** The past, in the transaction that `client` is in; its session writes instants in UTC. */
export const createPastReader = (
  client: ClientBase,
  log: Pick<LogReader, 'decode'>,
): PastReader => {
  // Prepared once for a connection: the same questions come again and again.
  const all = async (
    name: string,
    question: string,
    values: readonly unknown[],
  ): Promise<readonly StoredRow[]> => {
    const query = { name: `past-${name}`, text: question, values: [...values], types: asText };
    return (await client.query<StoredRow>(query)).rows;
  };
  const bodies = async (name: string, question: string, values: readonly unknown[]) =>
    (await all(name, question, values)).map((row): StoredObject => JSON.parse(String(row['body'])));
  const accountIn = async (name: string, question: string, values: readonly unknown[]) => {
    const [row] = await all(name, question, values);
    return row === undefined ? undefined : (row['account_id'] as AccountId);
  };
  const standing = ({ accountId, through }: AtSegment, table: string) => [
    accountId,
    through,
    table,
  ];

  return {
    base: async (accountId, shown) => {
      const values = [accountId, foldVersion(), shown.until, ...endOf(shown)];
      const [row] = await all('base', sql.selectBase, values);
      return row === undefined ? undefined : toSegment(row);
    },
    segmentsAfter: async (accountId, after, shown) => {
      const values = [accountId, foldVersion(), after, shown.until, ...endOf(shown)];
      return (await all('segments', sql.selectSegmentsAfter, values)).map(toRange);
    },
    keptAccounts: async () => {
      const rows = await all('kept-accounts', sql.selectKeptAccounts, [foldVersion()]);
      return rows.map((row) => row['account_id'] as AccountId);
    },
    rowsOf: async ({ accountId, through }) =>
      (await all('rows-of', sql.selectRowsOfSegment, [accountId, through])).map(toKept),
    revisionBy: async (accountId, until) => {
      const values = [accountStream(accountId), until];
      const [row] = await all('revision', sql.selectRevisionBy, values);
      return Number(row?.['revision'] ?? 0);
    },
    streamAfter: async (stream, revision, until, limit) => {
      const { rows } = await client.query<EventRow>({
        name: 'past-stream',
        text: sql.selectStreamAfter,
        values: [stream, revision, until, limit],
        rowMode: 'array',
        types: asText,
      });
      return rows.map((row) => log.decode(storedEventOf(row)));
    },

    rows: async (at, table, keys) =>
      keys.length === 0 ? [] : bodies('rows', sql.selectRows, [...standing(at, table), keys]),
    keysStanding: async (at, table, keys) => {
      if (keys.length === 0) return [];
      const rows = await all('keys', sql.selectKeysStanding, [...standing(at, table), keys]);
      return rows.map((row) => String(row['key']));
    },
    all: (at, table) => bodies('all', sql.selectAllRows, standing(at, table)),
    referring: (at, table, reference) =>
      bodies('referring', sql.selectReferring, [...standing(at, table), reference]),
    list: (at, table, asked: RowsAsked) => {
      const { symbols, statuses, side, after, until, cursor, direction = 'desc' } = asked;
      const { limit, openOnly = false, without = [] } = asked;
      const filter = [symbols, statuses, side, after, until, cursor, without, limit];
      const statement = openOnly ? sql.selectOpenList : sql.selectList;
      const name = `list-${openOnly ? 'open-' : ''}${direction}`;
      return bodies(name, statement[direction], [...standing(at, table), ...filter]);
    },
    unsettled: (at, after, until) =>
      bodies('unsettled', sql.selectUnsettled, [...standing(at, 'order_fills'), after, until]),
    times: async ({ accountId, through }, orders, fills) => {
      if (orders.length + fills.length === 0) return new Map();
      const rows = await all('times', sql.selectTimes, [accountId, through, orders, fills]);
      return new Map(
        rows.map((row) => [`${row['table_name']}/${row['key']}`, String(row['times'])]),
      );
    },

    transactions: ({ accountId, through }, asked) => {
      const { cursor = [null, null], direction = 'desc', limit } = asked;
      const values = [accountId, through, ...linesOf(asked), ...cursor, limit];
      return all(`transactions-${direction}`, sql.selectTransactions[direction], values);
    },
    transaction: async ({ accountId, through }, sequence, line) => {
      if (sequence > through) return undefined;
      return (await all('transaction', sql.selectTransaction, [sequence, line, accountId]))[0];
    },
    transactionSums: ({ accountId, through }, asked) =>
      all('sums', sql.selectTransactionSums, [accountId, through, ...linesOf(asked)]),
    postings: ({ accountId, through }, { cursor = [null, null], direction = 'desc', limit }) => {
      const values = [accountId, through, ...cursor, limit];
      return all(`postings-${direction}`, sql.selectPostings[direction], values);
    },
    splits: ({ accountId, through }, symbol) =>
      all('splits', sql.selectSplits, [accountId, symbol, through]),

    marks: async (symbols, from, to, shown) => {
      if (symbols.length === 0) return [];
      const until = Math.min(to, shown.until);
      return all('marks', sql.selectMarks, [symbols, until, ...endOf(shown), from]);
    },
    market: async (symbols, shown) =>
      symbols?.length === 0
        ? []
        : all('market', sql.selectMarket, [symbols, shown.until, ...endOf(shown)]),
    extremes: async (asked, shown) => {
      if (asked.length === 0) return [];
      return all('extremes', sql.selectExtremes, [
        asked.map(({ symbol }) => symbol),
        shown.until,
        ...endOf(shown),
        asked.map(({ after }) => after),
        asked.map(({ until }) => until),
        asked.map(({ session }) => session),
      ]);
    },
    latestMark: async (symbols, until) => {
      if (symbols.length === 0) return null;
      const [row] = await all('latest-mark', sql.selectLatestMark, [symbols, until]);
      return time.decode(row?.['latest'] ?? null);
    },

    accountOfNumber: (number) => accountIn('of-number', sql.selectAccountOfNumber, [number]),
    accountOfOrder: (id) => accountIn('of-order', sql.selectAccountOfOrder, [id]),
    accountOfTransaction: (sequence, line) =>
      accountIn('of-transaction', sql.selectAccountOfTransaction, [sequence, line]),
    accounts: async ({ userId, cursor, direction, limit }) => {
      const values = [userId, cursor, limit];
      return (await all(`accounts-${direction}`, sql.selectAccounts[direction], values)).map(
        placeOf,
      );
    },
  };
};
