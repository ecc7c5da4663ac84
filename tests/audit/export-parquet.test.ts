import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { writeCsv } from '#audit/export/csv.ts';
import { writeParquet } from '#audit/export/parquet.ts';
import type { LogReader } from '#audit/ports/log-reader.ts';
import { formatCash, formatQuantity, sum } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { foldLedger } from '#projections/fold.ts';
import type { LotRecord } from '#projections/positions/table.ts';
import { randomHistory } from '../support/account-histories.ts';
import { deposit, fill, openAccount } from '../support/makers.ts';
import { decided, everything, filesOf, logOf, randomTrading } from './export-world.ts';
import { readParquet } from './parquet-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'parquet-'));
after(() => rmSync(folder, { recursive: true }));

let count = 0;
const written = async (log: LogReader, rowsMost?: number): Promise<string> => {
  count += 1;
  const out = join(folder, String(count));
  await writeParquet(log, everything, out, () => {}, rowsMost);
  return out;
};
const tableIn = (out: string, name: string) => readParquet(join(out, `${name}.parquet`));

/** A comma outside of quotes. */
const comma = /,(?=(?:[^"]*"[^"]*")*[^"]*$)/;

/** Rows of a table in CSV; no field of random trading holds a quote or a line end. */
const csvRows = async (events: readonly RecordedEvent[], name: string) => {
  const text = (await filesOf(writeCsv(logOf(events), everything))).get(`${name}.csv`) ?? '';
  const [heading = '', ...lines] = text.trimEnd().split('\r\n');
  const columns = heading.split(',');
  return lines.map((line) => {
    const fields = line.split(comma).map((text) => text.replaceAll('"', ''));
    equal(fields.length, columns.length, line);
    return Object.fromEntries(columns.map((column, index) => [column, fields[index] ?? '']));
  });
};

const isOpen = ({ closedAt }: LotRecord): boolean => closedAt === null;

const logs = {
  'random commands': randomTrading(17, 500),
  'a random history': randomHistory({ seed: 9, accounts: 2, symbols: 3, events: 900, rare: true }),
};

for (const [what, events] of Object.entries(logs)) {
  describe(`Parquet of ${what}`, () => {
    it('says to the last digit what CSV says', async () => {
      const out = await written(logOf(events), 50);
      for (const name of ['transactions', 'fills', 'gains', 'positions', 'lots']) {
        const { rows, groups } = await tableIn(out, name);
        const wanted = await csvRows(events, name);
        deepEqual(rows, wanted, name);
        equal(groups, Math.ceil(wanted.length / 50), name);
        ok(wanted.length > 0, name);
      }
    });

    it('has every event, whatever it is about', async () => {
      const { rows } = await tableIn(await written(logOf(events)), 'events');
      deepEqual(
        rows.map(({ sequence, event_id, type, recorded_at }) => [
          Number(sequence),
          event_id,
          type,
          recorded_at,
        ]),
        events.map(({ sequence, id, data, recordedAt }) => [sequence, id, data.type, recordedAt]),
      );
    });

    it('holds the lots that the ledger holds, and what every sale gained by both methods', async () => {
      const out = await written(logOf(events));
      const tables = foldLedger(events);
      const open = [...tables.lots.values()].filter(isOpen);
      const lots = (await tableIn(out, 'lots')).rows;
      const inShort = (row: Record<string, string>) =>
        `${row['account_id']} ${row['symbol']} ${row['lot_id']} ${row['quantity']} ${row['cost']}`;
      deepEqual(
        new Set(lots.map(inShort)),
        new Set(
          open.map(
            ({ accountId, symbol, lotId, quantity, cost }) =>
              `${accountId} ${symbol} ${lotId} ${formatQuantity(quantity)} ${formatCash(cost)}`,
          ),
        ),
      );
      equal(lots.length, open.length);

      const gains = await csvRows(events, 'gains');
      const totalOf = (column: string) => {
        const digits = (text: string): bigint => {
          const [whole = '', part = ''] = text.split('.');
          return BigInt(`${whole}${part.padEnd(18, '0')}`);
        };
        return sum(gains.map((row) => digits(row[column] ?? '')));
      };
      const positions = [...tables.positions.values()];
      equal(totalOf('realized_pnl'), sum(positions.map((row) => row.realizedPnlLifetime)));
      const all = [...tables.lots.values()];
      equal(totalOf('realized_pnl_fifo'), sum(all.map((lot) => lot.realizedPnl)));
    });
  });
}

describe('a Parquet file', () => {
  it('has decimals of 38 digits and times in microseconds, and is there without rows', async () => {
    const out = await written(logOf(decided(openAccount(), deposit('1'))));
    const { elements, rows } = await tableIn(out, 'fills');
    equal(rows.length, 0);
    deepEqual(elements.get('commission')?.logical_type, {
      type: 'DECIMAL',
      precision: 38,
      scale: 18,
    });
    equal(elements.get('price')?.logical_type?.type, 'DECIMAL');
    const time = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' };
    deepEqual(elements.get('executed_at')?.logical_type, time);
    ok([...elements.values()].every(({ type }) => type !== 'DOUBLE' && type !== 'FLOAT'));
  });

  it('keeps a negative amount and the smallest and largest that there are', async () => {
    const events = decided(
      openAccount(),
      deposit('99999999999999999999.000000000000000001' as never),
      fill('x1', null, '0.000000001', '0.000000001', { side: 'sell', commission: '0' }),
    );
    const { rows } = await tableIn(await written(logOf(events)), 'transactions');
    deepEqual(
      rows.map(({ amount }) => amount),
      ['99999999999999999999.000000000000000001', '0.000000000000000001'],
    );
    const [held] = (await tableIn(await written(logOf(events)), 'positions')).rows;
    equal(held?.['quantity'], '-0.000000001');
    const tooLarge = decided(openAccount(), deposit('100000000000000000000' as never));
    await rejects(written(logOf(tooLarge)), /amount has more than 38 digits/);
  });

  it('is not there where the log breaks off', async () => {
    const log = logOf(logs['random commands']);
    const broken: LogReader = {
      ...log,
      events: async function* (filter) {
        yield* log.events({ ...filter, toSequence: 20 });
        if (filter.types === undefined) throw new Error('broken off');
      },
    };
    await rejects(written(broken), /broken off/);
    deepEqual(readdirSync(join(folder, String(count))), []);
  });
});
