import { equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dump } from '#projections/batch.ts';
import { foldLedger } from '#projections/fold.ts';
import { dice, randomHistory } from '../support/account-histories.ts';
import { applyAll, dumpSchema, finishedFeed, readDatabase } from '../support/read-tables.ts';

const firstDifference = (left: string, right: string): string => {
  const [one, other] = [left.split('\n'), right.split('\n')];
  const at = one.findIndex((line, index) => line !== other[index]);
  return at < 0 && one.length === other.length ? 'none' : `${one[at]}\n<>\n${other[at]}`;
};

describe('read tables of a random log', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`seed ${seed}: are the same whatever the batches and whatever is kept in memory`, async () => {
      const log = randomHistory({ seed, accounts: 3, symbols: 3, events: 700, rare: true });
      const folded = dump(foldLedger(log));
      const roll = dice(seed + 99);
      const cuts = [
        { feed: finishedFeed(log, () => 1 + roll(40)), rowsKept: 4 },
        { feed: finishedFeed(log), batchMax: 1_000, rowsKept: 100_000 },
        { feed: finishedFeed(log, () => 1 + roll(3)), rowsKept: 100_000 },
      ];
      for (const { feed, ...options } of cuts) {
        const database = await readDatabase();
        try {
          await applyAll(database.client, feed, options);
          equal(firstDifference(await dumpSchema(database.client, 'read_v1'), folded), 'none');
        } finally {
          await database.close();
        }
      }
    });
  }
});
