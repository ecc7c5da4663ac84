import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { beancountFormat } from '#audit/export/beancount.ts';
import type { BookFormat } from '#audit/export/book-format.ts';
import { type Books, createBooks } from '#audit/export/books.ts';
import { writeCsv } from '#audit/export/csv.ts';
import { hledgerFormat } from '#audit/export/hledger.ts';
import type { CostMethod } from '#audit/export/holding.ts';
import { bookedTypes, type ExportRange, parseBound } from '#audit/export/range.ts';
import { findRestated } from '#audit/export/restated.ts';
import { type Piece, writeBooks } from '#audit/export/write-books.ts';
import { writeFiles } from '#audit/export/write-files.ts';
import { postingsOf } from '#domain/account/postings.ts';
import { formatCash, formatQuantity, type Quantity, sum } from '#domain/money.ts';
import type { Lot } from '#domain/position/lots.ts';
import { isAccountEvent, type RecordedEvent } from '#domain/recorded-event.ts';
import { instant } from '#domain/time.ts';
import { foldLedger } from '#projections/fold.ts';
import { holdingKey } from '#projections/keys.ts';
import type { LotRecord } from '#projections/positions/table.ts';
import { randomHistory } from '../support/account-histories.ts';
import { eventSamples } from '../support/event-samples.ts';
import {
  accountOne,
  bust,
  correct,
  deposit,
  dividend,
  fill,
  openAccount,
  policyWith,
  split,
} from '../support/makers.ts';
import { decided, everything, filesOf, logOf, randomTrading, textOf } from './export-world.ts';

const booksOf = (
  events: readonly RecordedEvent[],
  format: BookFormat,
  range: ExportRange = everything,
): Promise<string> => textOf(writeBooks(logOf(events), range, format));

const sell = { side: 'sell', commission: '0' } as const;
const buy = { side: 'buy', commission: '0' } as const;

describe('books of an account that has sold short', () => {
  const events = decided(
    openAccount(),
    deposit('1000'),
    fill('x1', null, '10', '12', sell),
    fill('x2', null, '15', '10.5', { ...buy, commission: '1' }),
  );

  it('take out the short and put in the long where a fill goes through zero', async () => {
    const text = await booksOf(events, hledgerFormat);
    ok(
      text.includes(`
    assets:A-1:shares  10 "ACME" @@ 120 USD
    assets:A-1:shares  5 "ACME" @@ 52.5 USD
    income:A-1:gains:ACME  -15 USD
    assets:A-1:cash  -158.5 USD
    expenses:A-1:commission  1 USD
`),
      text,
    );
  });

  it('name the lots that are opened, and leave those that are closed to beancount', async () => {
    const text = await booksOf(events, beancountFormat);
    ok(
      text.includes(`
  Assets:A-1:Shares  10 ACME {}
  Assets:A-1:Shares  5 ACME {10.5 USD, 2014-01-03, "4"}
  Income:A-1:Gains:ACME  -15 USD
  Assets:A-1:Cash  -158.5 USD
  Expenses:A-1:Commission  1 USD
`),
      text,
    );
  });

  it('end with what the ledger says of every account', async () => {
    const text = await booksOf(events, beancountFormat);
    deepEqual(
      text.trimEnd().split('\n').slice(-5),
      [
        'Assets:A-1:Cash  961.5 ~ 0.000000001 USD',
        'Equity:A-1:External  -1000 ~ 0.000000001 USD',
        'Assets:A-1:Shares  5 ~ 0 ACME',
        'Income:A-1:Gains:ACME  -15 ~ 0.000000001 USD',
        'Expenses:A-1:Commission  1 ~ 0.000000001 USD',
      ].map((line) => `2014-01-04 balance ${line}`),
    );
  });
});

describe('books of a position of two lots', () => {
  const bought = [
    openAccount(),
    deposit('1000'),
    fill('x1', null, '10', '10', buy),
    fill('x2', null, '10', '20', buy),
  ];

  it('keep its cost through a split, though a share of it does not come out even', async () => {
    const text = await booksOf(decided(...bought, split(7n, 1n)), beancountFormat);
    ok(text.includes('Assets:A-1:Shares  -20 ACME {}'), text);
    ok(text.includes('Assets:A-1:Shares  70 ACME {{100 USD, 2014-01-03, "3"}}'), text);
    ok(text.includes('Assets:A-1:Shares  70 ACME {{200 USD, 2014-01-03, "4"}}'), text);
  });

  it('sell at average cost, or the oldest first', async () => {
    const events = decided(...bought, fill('x3', null, '10', '30', sell));
    match(await booksOf(events, hledgerFormat), /-10 "ACME" @@ 150 USD\n.*gains:ACME {2}-150 USD/);
    match(await booksOf(events, beancountFormat), /-10 ACME {}\n.*Gains:ACME {2}-200 USD/);
  });

  it('replace all lots where a fill is corrected, and book what that changes', async () => {
    const sold = [...bought, fill('x3', null, '15', '30', sell)];
    const text = await booksOf(decided(...sold, correct('x1', '10', '11')), beancountFormat);
    ok(
      text.includes(`
  Assets:A-1:Shares  -5 ACME {}
  Assets:A-1:Shares  5 ACME {20 USD, 2014-01-03, "4"}
  Income:A-1:Gains:ACME  10 USD
  Assets:A-1:Cash  -10 USD
`),
      text,
    );
  });

  it('go on from where a busted fill leaves them', async () => {
    const sold = [...bought, fill('x3', null, '15', '30', sell)];
    const text = await booksOf(decided(...sold, bust('x1')), beancountFormat);
    // 15 were sold of 10: what was held is a short of 5 now.
    match(text, /-5 ACME {}\n.*-5 ACME {30 USD, 2014-01-03, "5"}/);
  });
});

const booked = async (log: readonly RecordedEvent[], method: CostMethod): Promise<Books> => {
  const books = createBooks(method, await findRestated(logOf(log), everything));
  for (const event of log) books.book(event);
  return books;
};

const inShort = ({ lotId, quantity, cost }: Lot) => [lotId, quantity, cost] as const;
const isOpen = ({ closedAt }: LotRecord): boolean => closedAt === null;

describe('books of any random trading', () => {
  const logs = [
    ...[11, 12, 13, 14, 15, 16].map((seed) => randomTrading(seed, 600)),
    ...[5, 6].map((seed) =>
      randomHistory({ seed, accounts: 2, symbols: 2, events: 900, rare: true }),
    ),
  ];

  for (const [index, log] of logs.entries()) {
    it(`${index}: hold and have gained what the positions say, at average cost`, async () => {
      const tables = foldLedger(log);
      const books = await booked(log, 'average');
      const found = [...books.standings()].flatMap(({ owner, cash, holdings }) => {
        equal(cash, tables.accounts.get(owner.accountId)?.cash);
        return [...holdings].map(([symbol, { position, realized }]) => {
          const key = holdingKey(owner.accountId, symbol);
          return [key, position.quantity, position.cost, realized] as const;
        });
      });
      const rows = [...tables.positions.values()].map(
        (row) =>
          [
            holdingKey(row.accountId, row.symbol),
            row.quantity,
            row.cost,
            row.realizedPnlLifetime,
          ] as const,
      );
      deepEqual(new Set(found), new Set(rows));
      ok(rows.length >= 2);
    });

    it(`${index}: hold and have gained what the lots say, first in, first out`, async () => {
      const known = [...foldLedger(log).lots.values()];
      const books = await booked(log, 'fifo');
      for (const { owner, holdings } of books.standings()) {
        for (const [symbol, { lots, realized }] of holdings) {
          const rows = known
            .filter((lot) => lot.accountId === owner.accountId && lot.symbol === symbol)
            .toSorted((left, right) => left.createdSequence - right.createdSequence);
          deepEqual([...lots].map(inShort), rows.filter(isOpen).map(inShort));
          equal(realized, sum(rows.map((lot) => lot.realizedPnl)));
        }
      }
    });

    it(`${index}: have a line of CSV for each line of the statement`, async () => {
      const files = await filesOf(writeCsv(logOf(log), everything));
      const lines = (files.get('transactions.csv') ?? '').trimEnd().split('\r\n').slice(1);
      const rows = [...foldLedger(log).transactions.values()];
      const wanted = rows.map(({ sequence, line, accountId, type, amount, balanceAfter }) => {
        const money = `${formatCash(amount)},${formatCash(balanceAfter)}`;
        return `${sequence} ${line} ${accountId},${type},${money}`;
      });
      deepEqual(
        lines.map((line) => {
          const [sequence, place, , account, type, amount, balance] = line.split(',');
          return `${sequence} ${place} ${account},${type},${amount},${balance}`;
        }),
        wanted,
      );
    });
  }
});

describe('books of a position of many fills', () => {
  it('are right after fills long ago were taken back and corrected', async () => {
    const trades = Array.from({ length: 900 }, (_, n) =>
      fill(`x${n}`, null, String(1 + (n % 7)), String(10 + (n % 13)), n % 3 === 2 ? sell : buy),
    );
    const restated = [
      bust('x3'),
      correct('x511', '2', '9'),
      bust('x256'),
      correct('x899', '1', '8'),
    ];
    const more = Array.from({ length: 300 }, (_, n) => fill(`y${n}`, null, '2', '11', sell));
    const events = decided(
      openAccount(),
      deposit('100000'),
      ...trades,
      ...restated,
      ...more,
      correct('y200', '3', '12'),
      correct('x0', '1', '7'),
    );
    const rows = [...foldLedger(events).lots.values()];
    for (const { holdings } of (await booked(events, 'fifo')).standings()) {
      for (const [, { lots, realized }] of holdings) {
        const open = rows.filter(isOpen).toSorted((a, b) => a.createdSequence - b.createdSequence);
        deepEqual([...lots].map(inShort), open.map(inShort));
        equal(realized, sum(rows.map((lot) => lot.realizedPnl)));
      }
    }
  });
});

describe('a part of a log', () => {
  const log = randomHistory({ seed: 21, accounts: 2, symbols: 2, events: 600, rare: true });
  const last = (text: string): readonly string[] => text.trimEnd().split('\n').slice(-12);

  it('begins with what came before in one entry and ends with the same shares and cash', async () => {
    const whole = await booksOf(log, hledgerFormat);
    const part = await booksOf(log, hledgerFormat, { from: { sequence: 400 } });
    equal(part.match(/Carried forward/g)?.length, 2);
    ok(part.length < whole.length);
    const held = (text: string) =>
      last(text)
        .filter((line) => /assets:A-1:/.test(line))
        .toSorted();
    deepEqual(held(part), held(whole));
    ok(held(part).length > 0);
  });

  it('ends as the ledger was then, before a later correction was known', async () => {
    const at = log.findIndex(({ data }) => data.type === 'FillCorrected');
    const until = { to: { sequence: at } };
    equal(
      await booksOf(log, beancountFormat, until),
      await booksOf(log.slice(0, at), beancountFormat),
    );
  });

  it('is one account where one is asked for', async () => {
    const only = await booksOf(log, hledgerFormat, { accountId: accountOne });
    match(only, /assets:A-0:cash/);
    ok(!only.includes('A-1'));
  });

  it('is bounded by a sequence, an instant or a day', () => {
    deepEqual(parseBound('17', 'from'), { sequence: 17 });
    deepEqual(parseBound('2024-02-29', 'to'), {
      recordedAt: instant('2024-02-29T23:59:59.999999Z'),
    });
    deepEqual(parseBound('2024-02-29T10:00:00+02:00', 'from'), {
      recordedAt: instant('2024-02-29T08:00:00Z'),
    });
    for (const wrong of ['', '0', '-1', '1.5', '2023-02-29', 'yesterday']) {
      equal(parseBound(wrong, 'from'), undefined, wrong);
    }
  });
});

describe('an export', () => {
  it('asks for every type of event that moves cash or shares', () => {
    const types: readonly string[] = bookedTypes;
    for (const event of Object.values(eventSamples)) {
      if (!isAccountEvent(event)) continue;
      if (postingsOf(event).length > 0) ok(types.includes(event.type), event.type);
    }
  });

  it('books what became known late on a day that is still open', async () => {
    const events = decided(
      openAccount(),
      deposit('1', instant('2014-01-07T15:00:00Z')),
      deposit('2', instant('2014-01-06T15:00:00Z')),
      // Whoever reports a time may be wrong: this one had not come when it was written down.
      deposit('3', instant('2099-01-01T15:00:00Z')),
    );
    const text = await booksOf(events, hledgerFormat);
    const days = [...text.matchAll(/^(\S+) \* \(/gm)].map(([, day]) => day);
    deepEqual(days, ['2014-01-07', '2014-01-07', '2029-12-31']);
  });

  it('lets no text of a user become a line, a comment or a quote', async () => {
    const evil = 'x"\n2014-01-01 * "y" \\ ; z\u0000';
    const events = decided(openAccount(), { ...deposit('1'), description: evil } as never);
    match(
      await booksOf(events, beancountFormat),
      /^2014-01-03 \* "Deposit: x\\" 2014-01-01 \* \\"y\\" \\\\ ; z"$/m,
    );
    match(
      await booksOf(events, hledgerFormat),
      /^2014-01-03 \* \(2\) Deposit: x" 2014-01-01 \* "y" \\ , z$/m,
    );
    const files = await filesOf(writeCsv(logOf(events), everything));
    match(files.get('transactions.csv') ?? '', /,"x""\n2014-01-01 \* ""y"" \\ ; z\0",/);
  });

  it('lets no text of a user be computed by a spreadsheet, and leaves numbers alone', async () => {
    for (const evil of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) {
      const events = decided(
        openAccount(),
        { ...deposit('1'), description: evil } as never,
        fill('x1', null, '1', '2', sell),
      );
      const files = await filesOf(writeCsv(logOf(events), everything));
      const text = files.get('transactions.csv') ?? '';
      const written = /\r/.test(evil) ? `"'${evil}"` : `'${evil}`;
      ok(text.includes(`,deposit,1,1,,${written},`), text);
      match(files.get('positions.csv') ?? '', /ACME,-1,-2,2,0,0/);
    }
  });

  it('gives an account with an awkward number its id as a name', async () => {
    for (const accountNumber of ['my account', 'a-1', 'A:1', 'Id-1', 'Ä']) {
      const open = { ...openAccount(), accountNumber } as never;
      const text = await booksOf(decided(open, deposit('1')), beancountFormat);
      match(text, new RegExp(`Assets:Id-${accountOne}:Cash {2}1 USD`), accountNumber);
    }
  });

  it('has a name in beancount for each symbol, and never the currency’s', async () => {
    const names = { A: 'STOCK.A.S', USD: 'STOCK.USD.S', TRUE: 'STOCK.TRUE.S', 'BRK.B': 'BRK.B' };
    for (const [symbol, name] of Object.entries(names)) {
      const trades = decided(
        openAccount(),
        fill('x1', null, '1', '2', { symbol, ...buy }),
        fill('x2', null, '1', '3', { symbol, ...sell }),
      );
      const text = await booksOf(trades, beancountFormat);
      ok(text.includes(`  1 ${name} {2 USD`), text);
      match(text, new RegExp(`Gains:${symbol.replace('.', 'dot')} {2}-1 USD`));
      match(await booksOf(trades, hledgerFormat), new RegExp(` 1 "(stock )?${symbol}" @@ 2 USD`));
    }
  });

  it('tells positions with decimals to the last digit', async () => {
    const { commission } = policyWith();
    const events = decided(
      openAccount({ commission }),
      fill('x1', null, '3', '10', buy),
      fill('x2', null, '0.000000001', '10.5', buy),
      dividend('0.1'),
    );
    const files = await filesOf(writeCsv(logOf(events), everything));
    const [, row] = (files.get('positions.csv') ?? '').split('\r\n');
    const held = formatQuantity(3_000_000_001n as Quantity);
    equal(row, `${accountOne},A-1,ACME,${held},30.0000000105,10,0,0`);
  });
});

describe('files of an export', () => {
  async function* pieces(fails: boolean): AsyncGenerator<Piece, void, void> {
    yield { file: 'a.csv', text: 'one\r\n', sequence: 1 };
    if (fails) throw new Error('the log broke off');
    yield { file: 'b.csv', text: 'x'.repeat(300_000), sequence: 2 };
    yield { file: 'a.csv', text: 'two\r\n', sequence: 3 };
  }

  it('have their names only when all are whole', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'export-'));
    const pathOf = (file: string): string => join(folder, 'new', file);
    try {
      await rejects(
        writeFiles(pieces(true), pathOf, () => {}),
        /broke off/,
      );
      ok(!existsSync(pathOf('a.csv')) && !existsSync(pathOf('a.csv.partial')));
      await writeFiles(pieces(false), pathOf, () => {});
      equal(readFileSync(pathOf('a.csv'), 'utf8'), 'one\r\ntwo\r\n');
      equal(readFileSync(pathOf('b.csv'), 'utf8').length, 300_000);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
