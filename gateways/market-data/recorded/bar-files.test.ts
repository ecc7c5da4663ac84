import { deepEqual, equal, rejects } from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Symbol } from '#domain/ids.ts';
import { price, quantity } from '#domain/money.ts';
import type { Bar } from './bar.ts';
import { BarFileError, type BarFileErrorCode } from './bar-file-error.ts';
import { readDailyCsv } from './daily-csv.ts';
import { readMinuteText } from './minute-text.ts';
import { dailyFiles, loadBars, shippedDailyBars } from './recorded-bars.ts';

const spy = 'SPY' as Symbol;
const excerpt = join(
  import.meta.dirname,
  '../../../tests/data/market/spy-minute-2011/spy-2011-01-03-04.csv.gz',
);

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bar-files-'));
});
after(() => rm(folder, { recursive: true }));

const all = async (bars: AsyncIterable<Bar>): Promise<Bar[]> => {
  const read: Bar[] = [];
  for await (const bar of bars) read.push(bar);
  return read;
};
const fileWith = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};
const failsWith = (code: BarFileErrorCode, line: number) => (error: unknown) => {
  equal(error instanceof BarFileError && `${error.code} ${error.line}`, `${code} ${line}`);
  return true;
};

const header = 'date,open,high,low,close,volume,Name';
const good = '2014-01-03,10,11,9,10.5,1000,ACME';

describe('a file of daily bars', () => {
  it('is read with exact prices, also gzipped and with Windows line ends', async () => {
    const text = `${header}\r\n2014-01-02,118.77,118.7701,1.1234567895,2,1000,BRK.B\r\n\r\n`;
    const plain = await all(readDailyCsv(await fileWith('plain.csv', text)));
    deepEqual(plain, [
      {
        symbol: 'BRK.B',
        session: '2014-01-02',
        endsAt: null,
        open: price('118.77'),
        high: price('118.7701'),
        low: price('1.12345679'),
        close: price('2'),
        volume: quantity('1000'),
      },
    ]);
    deepEqual(await all(readDailyCsv(await fileWith('packed.csv.gz', gzipSync(text)))), plain);
  });

  const bad: readonly [string, string, BarFileErrorCode, number][] = [
    ['another header', 'date,open\n', 'bad_header', 1],
    ['no rows', `${header}\n`, 'no_rows', 0],
    ['a missing column', `${header}\n2014-01-03,10,11,9,10.5,1000`, 'bad_columns', 2],
    ['a column too many', `${header}\n${good},x`, 'bad_columns', 2],
    ['a day that is none', `${header}\n${good.replace('01-03', '02-30')}`, 'bad_time', 2],
    ['a blank price', `${header}\n2014-01-03,,11,9,10.5,1000,ACME`, 'bad_price', 2],
    ['a price of zero', `${header}\n2014-01-03,10,11,0,10.5,1000,ACME`, 'bad_price', 2],
    ['a price with an exponent', `${header}\n2014-01-03,1e1,11,9,10.5,1000,ACME`, 'bad_price', 2],
    ['a negative volume', `${header}\n2014-01-03,10,11,9,10.5,-1,ACME`, 'bad_volume', 2],
    ['a symbol that is none', `${header}\n2014-01-03,10,11,9,10.5,1,acme`, 'bad_symbol', 2],
    ['a close above the high', `${header}\n2014-01-03,10,11,9,12,1,ACME`, 'inconsistent_prices', 2],
    ['a day twice', `${header}\n${good}\n\n${good}`, 'out_of_order', 4],
    ['an endless line', `${header}\n${'x'.repeat(200_000)}`, 'bad_columns', 2],
  ];
  for (const [name, text, code, line] of bad) {
    it(`is refused with its line for ${name}`, async () => {
      const path = await fileWith('bad.csv', text);
      await rejects(all(readDailyCsv(path)), failsWith(code, line));
    });
  }

  it('is refused where it cannot be read', async () => {
    await rejects(all(readDailyCsv(join(folder, 'none.csv'))), failsWith('file_unreadable', 0));
    await rejects(all(readDailyCsv(join(folder, 'none.csv.gz'))), failsWith('file_unreadable', 0));
    const cut = await fileWith('cut.csv.gz', gzipSync(`${header}\n${good}`).subarray(0, 40));
    await rejects(all(readDailyCsv(cut)), failsWith('file_unreadable', 0));
    const plain = await fileWith('plain.csv.gz', header);
    await rejects(all(readDailyCsv(plain)), failsWith('file_unreadable', 0));
  });
});

describe('a file of minute bars', () => {
  it('gives the regular hours of its sessions, by the end of the minute', async () => {
    const bars = await all(readMinuteText(excerpt, spy));
    deepEqual(
      ['2011-01-03', '2011-01-04'].map(
        (session) => bars.filter((bar) => bar.session === session).length,
      ),
      [390, 390],
    );
    equal(bars.length, 780);
    equal(bars[0]?.endsAt, '2011-01-03T14:31:00.000000Z');
    equal(bars[389]?.endsAt, '2011-01-03T21:00:00.000000Z');
  });

  const bad: readonly [string, string, BarFileErrorCode][] = [
    ['a wrong time', '20110103 250100;1;1;1;1;1', 'bad_time'],
    ['a time in another format', '2011-01-03 15:01:00;1;1;1;1;1', 'bad_time'],
    ['a missing column', '20110103 150100;1;1;1;1', 'bad_columns'],
    ['a price that is none', '20110103 150100;1;NaN;1;1;1', 'bad_price'],
  ];
  for (const [name, text, code] of bad) {
    it(`is refused with its line for ${name}`, async () => {
      const path = await fileWith('bad.txt', `20110103 150000;1;1;1;1;1\n${text}\n`);
      await rejects(all(readMinuteText(path, spy)), failsWith(code, 2));
    });
  }

  it('is refused where a minute comes twice, also outside regular hours', async () => {
    const path = await fileWith('twice.txt', '20110103 090100;1;1;1;1;1\n'.repeat(2));
    await rejects(all(readMinuteText(path, spy)), failsWith('out_of_order', 2));
  });
});

describe('bars from several files', () => {
  it('come together by session: the shipped ones', async () => {
    const bars = await loadBars(await dailyFiles(shippedDailyBars));
    equal(bars.sessions.length, 1259);
    deepEqual(bars.symbols, [
      ...['AAPL', 'AMD', 'AMZN', 'BA', 'GE', 'GOOG', 'IBM', 'INTC', 'JPM', 'KO', 'MSFT', 'NFLX'],
    ]);
    equal(bars.sessions[0]?.bars.size, 11);
    equal(bars.sessions.at(-1)?.bars.get('AAPL' as Symbol)?.[0]?.close, price('159.54'));
  });

  it('are refused where two files have one symbol', async () => {
    const one = await fileWith('one.csv', `${header}\n${good}`);
    const two = await fileWith('two.csv', `${header}\n${good}`);
    await rejects(
      loadBars([
        { format: 'daily', path: one },
        { format: 'daily', path: two },
      ]),
      failsWith('out_of_order', 0),
    );
  });
});
