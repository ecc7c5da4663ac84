import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseArgs } from 'node:util';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import type { Speech } from '#api/cli/command.ts';
import { UsageError } from '#api/cli/command-line.ts';
import { exportCommand } from '#api/cli/export.ts';
import { beancountFormat } from '#audit/export/beancount.ts';
import { writeBooks } from '#audit/export/write-books.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { randomHistory } from '../support/account-histories.ts';
import { migratedTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { systemClock } from '../support/recorded-events.ts';
import { everything, textOf } from './export-world.ts';

const log = randomHistory({ seed: 31, accounts: 2, symbols: 2, events: 300, rare: true });

describe('ledger export of a ledger in Postgres', () => {
  let database: TestDatabase;
  const folder = mkdtempSync(join(tmpdir(), 'export-command-'));

  before(async () => {
    database = await migratedTestDatabase();
    const { connectionString } = database;
    const store = createPostgresEventStore({ connectionString, clock: systemClock });
    for (const event of log) {
      const { stream, revision } = event;
      await store.append([{ stream, expectedRevision: revision - 1, events: [event] }]);
    }
    await store.close();
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await database.drop();
  });

  const run = async (...args: readonly string[]) => {
    const said: string[] = [];
    const speech: Speech = {
      out: (line) => said.push(line),
      tell: () => {},
      draw: () => {},
      isWatched: true,
    };
    const command = exportCommand((act) => openLedgerSnapshot(database, act));
    const asked = parseArgs({ args: [...args], options: command.options, allowPositionals: true });
    const code = await command.run(asked, speech, AbortSignal.timeout(30_000));
    return { code, said: said.join('\n') };
  };

  it('writes one file of books, and says so in JSON where asked', async () => {
    const out = join(folder, 'books.beancount');
    const { code, said } = await run('--format', 'beancount', '--out', out, '--json');
    equal(code, 0);
    deepEqual(JSON.parse(said), { format: 'beancount', files: [out], head: log.length });
    const text = readFileSync(out, 'utf8');
    const direct = await openLedgerSnapshot(database, ({ log: reader }) =>
      textOf(writeBooks(reader, everything, beancountFormat)),
    );
    equal(text, direct);
    match(text, /open Assets:A-1:Shares/);
    ok(!existsSync(`${out}.partial`));
  });

  it('writes a folder of CSV, of one account and a part of the log where asked', async () => {
    const out = join(folder, 'csv');
    const account = '00000000-0000-4000-8000-000000000002';
    await run(
      '--format',
      'csv',
      '--out',
      out,
      '--account',
      account,
      '--from',
      '100',
      '--to',
      '250',
    );
    deepEqual(readdirSync(out).toSorted(), [
      'fills.csv',
      'gains.csv',
      'lots.csv',
      'positions.csv',
      'transactions.csv',
    ]);
    const rows = readFileSync(join(out, 'transactions.csv'), 'utf8').trimEnd().split('\r\n');
    ok(rows.length > 5);
    for (const row of rows.slice(1)) {
      const [sequence, , , owner] = row.split(',');
      ok(Number(sequence) >= 100 && Number(sequence) <= 250, row);
      equal(owner, account);
    }
  });

  it('writes a folder of Parquet', async () => {
    const out = join(folder, 'parquet');
    const { said } = await run('--format', 'parquet', '--out', out, '--json');
    const names = ['events', 'transactions', 'fills', 'gains', 'positions', 'lots'];
    const files = names.map((name) => join(out, `${name}.parquet`));
    deepEqual(JSON.parse(said), { format: 'parquet', files, head: log.length });
    deepEqual(readdirSync(out).length, names.length);
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(files[0] ?? ''));
    equal(Number(metadata.num_rows), log.length);
  });

  it('does not understand what it does not know', async () => {
    const out = join(folder, 'never');
    const wrong = [
      ['--format', 'hledger'],
      ['--out', out],
      ['--format', 'excel', '--out', out],
      ['--format', 'csv', '--out', out, '--from', 'yesterday'],
      ['--format', 'csv', '--out', out, '--account', 'A-1'],
      ['--format', 'csv', '--out', out, 'more'],
    ];
    for (const args of wrong) await rejects(run(...args), UsageError, args.join(' '));
    ok(!existsSync(out));
  });

  it('leaves nothing behind where it cannot write', async () => {
    await rejects(run('--format', 'hledger', '--out', folder));
    ok(!existsSync(`${folder}.partial`));
  });
});
