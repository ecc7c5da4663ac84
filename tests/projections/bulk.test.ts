import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBulkReadTables } from '#database/postgres/read-tables/bulk.ts';
import { createReadSchema } from '#database/postgres/read-tables/schema.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { dump } from '#projections/batch.ts';
import { runBulk } from '#projections/bulk/run.ts';
import { foldLedger } from '#projections/fold.ts';
import { costRules, standardRules } from '#projections/ports/rules.ts';
import { createTables } from '#projections/tables.ts';
import { dice, randomHistory } from '../support/account-histories.ts';
import { applyAll, dumpSchema, finishedFeed, readDatabase } from '../support/read-tables.ts';

type Database = Awaited<ReturnType<typeof readDatabase>>;

async function* inPages(log: readonly RecordedEvent[], size: () => number) {
  for (let from = 0; from < log.length; ) {
    const page = log.slice(from, from + size());
    yield page;
    from += page.length;
  }
}

const buildIn = async (
  database: Database,
  log: readonly RecordedEvent[],
  options: {
    readonly schema?: string;
    readonly rules?: typeof standardRules;
    readonly page?: () => number;
    readonly rowsKept?: number;
    readonly writeEvery?: number;
  } = {},
): Promise<string> => {
  const { schema = 'bulk', rules = standardRules, page = () => 50, ...rest } = options;
  const client = await database.connect();
  const terms = { name: schema, projectionSet: 'ledger', version: 1, live: false, isBulk: true };
  await createReadSchema(client, terms);
  const reader = await database.connect();
  const readTables = await createBulkReadTables(client, reader, schema);
  const { signal } = new AbortController();
  const pages = inPages(log, page);
  const last = await runBulk({ pages, readTables, rules, ...rest }, signal);
  equal(last, log.at(-1)?.sequence ?? 0);
  await reader.end();
  await client.end();
  return schema;
};

const firstDifference = (left: string, right: string): string => {
  const [one, other] = [left.split('\n'), right.split('\n')];
  const at = one.findIndex((line, index) => line !== other[index]);
  return at < 0 && one.length === other.length ? 'none' : `${one[at]}\n<>\n${other[at]}`;
};

describe('read tables that are built in bulk', () => {
  for (const seed of [21, 22, 23, 24, 25, 26]) {
    it(`seed ${seed}: are those of the live projector, row by row, however little stays in memory`, async () => {
      const log = randomHistory({ seed, accounts: 4, symbols: 3, events: 900, rare: true });
      const roll = dice(seed);
      const database = await readDatabase();
      try {
        await applyAll(
          database.client,
          finishedFeed(log, () => 1 + roll(60)),
        );
        const live = await dumpSchema(database.client, 'read_v1');
        equal(firstDifference(live, dump(foldLedger(log))), 'none');
        const cuts = [
          { schema: 'plenty' },
          { schema: 'little', rowsKept: 3, writeEvery: 20, page: () => 1 + roll(40) },
          { schema: 'nothing', rowsKept: 0, writeEvery: 1, page: () => 1 + roll(5) },
          { schema: 'some', rowsKept: 12, writeEvery: 100, page: () => 1 + roll(9) },
        ];
        for (const cut of cuts) {
          await buildIn(database, log, cut);
          const built = await dumpSchema(database.client, cut.schema);
          equal(firstDifference(built, live), 'none', cut.schema);
        }
      } finally {
        await database.close();
      }
    });
  }

  it('are the same under every cost rule, in memory and in the database', async () => {
    const log = randomHistory({ seed: 31, accounts: 3, symbols: 2, events: 700, rare: true });
    const database = await readDatabase();
    try {
      const seen = new Set<string>();
      for (const cost of costRules) {
        const rules = { cost };
        await buildIn(database, log, { schema: cost, rules, rowsKept: 2, writeEvery: 30 });
        const folded = dump(foldLedger(log, createTables(true, rules)));
        equal(firstDifference(await dumpSchema(database.client, cost), folded), 'none', cost);
        seen.add(folded);
      }
      equal(seen.size, costRules.length);
    } finally {
      await database.close();
    }
  });

  it('have the indexes of the live ones, and nothing that they do not', async () => {
    const database = await readDatabase();
    try {
      await buildIn(database, []);
      const indexes = async (schema: string) =>
        (
          await database.client.query<{ name: string }>(
            'SELECT indexname AS name FROM pg_indexes WHERE schemaname = $1 ORDER BY 1',
            [schema],
          )
        ).rows.map(({ name }) => name);
      deepEqual(await indexes('bulk'), await indexes('read_v1'));
    } finally {
      await database.close();
    }
  });
});

describe('an execution that was disputed first and booked later', () => {
  it('is booked in a bulk build too, though its row was written already', async () => {
    const log = randomHistory({ seed: 41, accounts: 1, symbols: 1, events: 60, rare: false });
    const at = log.findIndex(({ data }) => data.type === 'OrderFilled');
    const fill = log[at];
    if (fill?.data.type !== 'OrderFilled') throw new Error('there is a fill');
    const { settlesAt: _, ...execution } = fill.data;
    const data = { ...execution, type: 'FillDisputed', because: 'account_not_open' } as const;
    const disputed: RecordedEvent = { ...fill, id: log[0]?.id ?? fill.id, data };
    const all = [...log.slice(0, at), disputed, ...log.slice(at)].map((event, index) => ({
      ...event,
      sequence: index + 1,
    }));
    const database = await readDatabase();
    try {
      await buildIn(database, all, { writeEvery: 1, page: () => 1 });
      const built = await dumpSchema(database.client, 'bulk');
      equal(firstDifference(built, dump(foldLedger(all))), 'none');
    } finally {
      await database.close();
    }
  });
});
