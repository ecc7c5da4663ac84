import { join } from 'node:path';
import { beancountFormat } from '#audit/export/beancount.ts';
import { writeCsv } from '#audit/export/csv.ts';
import { hledgerFormat } from '#audit/export/hledger.ts';
import { writeParquet } from '#audit/export/parquet.ts';
import { type Bound, type ExportRange, parseBound } from '#audit/export/range.ts';
import { writeBooks } from '#audit/export/write-books.ts';
import { writeFiles } from '#audit/export/write-files.ts';
import type { LogReader } from '#audit/ports/log-reader.ts';
import type { AccountId } from '#domain/ids.ts';
import type { Asked, Command } from './command.ts';
import { UsageError } from './command-line.ts';
import { withProgress } from './progress-bar.ts';
import type { WithSnapshot } from './with-snapshot.ts';

const formats = ['hledger', 'beancount', 'csv', 'parquet'] as const;
type Format = (typeof formats)[number];

type ExportWish = {
  readonly format: Format;
  readonly out: string;
  readonly range: ExportRange;
  readonly json: boolean;
};

const textOf = ({ values }: Asked, option: string): string | undefined => {
  const value = values[option];
  return typeof value === 'string' ? value : undefined;
};

const boundOf = (asked: Asked, side: 'from' | 'to'): Bound | undefined => {
  const text = textOf(asked, side);
  if (text === undefined) return undefined;
  const bound = parseBound(text, side);
  if (bound !== undefined) return bound;
  throw new UsageError(
    `--${side} needs an instant such as 2014-01-03T21:00:00Z, a date or a sequence, not ${text}.`,
  );
};

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const accountIdOf = (asked: Asked): AccountId | undefined => {
  const id = textOf(asked, 'account')?.toLowerCase();
  if (id !== undefined && !uuid.test(id)) throw new UsageError(`--account needs an id, not ${id}.`);
  return id as AccountId | undefined;
};

const wishOf = (asked: Asked): ExportWish => {
  const [stray] = asked.positionals;
  if (stray !== undefined) throw new UsageError(`export takes no ${stray}.`);
  const named = textOf(asked, 'format');
  const format = formats.find((name) => name === named);
  if (format === undefined) throw new UsageError(`--format needs ${formats.join(', ')}.`);
  const out = textOf(asked, 'out');
  if (out === undefined || out === '')
    throw new UsageError('--out needs a file, or a folder for csv and parquet.');
  const accountId = accountIdOf(asked);
  const range = { accountId, from: boundOf(asked, 'from'), to: boundOf(asked, 'to') };
  return { format, out, range, json: asked.values['json'] === true };
};

const write = (
  log: LogReader,
  { format, out, range }: ExportWish,
  seen: (sequence: number) => void,
): Promise<readonly string[]> => {
  switch (format) {
    case 'hledger':
      return writeFiles(writeBooks(log, range, hledgerFormat), () => out, seen);
    case 'beancount':
      return writeFiles(writeBooks(log, range, beancountFormat), () => out, seen);
    case 'csv':
      return writeFiles(writeCsv(log, range), (file) => join(out, file), seen);
    case 'parquet':
      return writeParquet(log, range, out, seen);
  }
};

const help = `Writes the ledger's double entry as books that other programs check, or as tables.

  --format hledger    one journal, shares at average cost; prove it with: hledger -f FILE check --strict
  --format beancount  one file, shares in lots, first in, first out; prove it with: bean-check FILE
  --format csv        a folder with transactions.csv, fills.csv, gains.csv, positions.csv and lots.csv (RFC 4180, UTF-8). A
                      text that a spreadsheet would compute (it begins with = + - or @) has a ' before it
  --format parquet    a folder with the same as .parquet and events.parquet: exact DECIMAL(38,18) for cash and (38,9) for
                      prices and quantities, times in microseconds UTC, texts as they are
  --out FILE          where to; what is there already is replaced when all is written. A folder for csv and parquet.
  --account ID        one account only
  --from, --to        an instant, a date (UTC) or a sequence, by when it was written down, inclusive. What came
                      before --from is carried forward in one entry.
  --json              the result as one line of JSON

In tables, gains are those of fills and of what changed earlier ones, before commission: realized_pnl at average cost,
realized_pnl_fifo by lots, first in, first out. Positions and lots are what is held at the end of the range.

Books are written on, never anew: an entry has the day it was effective, or the day of the account's entry before it
where that is later. A fill that was taken back or corrected is set right by an entry of its own.

  ledger export --format hledger --out books.journal && hledger -f books.journal check --strict
  ledger export --format parquet --out books/ && duckdb -c "SELECT sum(amount) FROM 'books/transactions.parquet'"
  ledger export --format csv --from 2026-01-01 --to 2026-03-31 --out first-quarter
`;

/** `ledger export`: 0 where everything was written. */
export const exportCommand = (withSnapshot: WithSnapshot): Command => ({
  name: 'export',
  summary: 'Writes books that hledger or beancount check, CSV or Parquet.',
  usage:
    '--format hledger|beancount|csv|parquet --out FILE [--account ID] [--from WHEN] [--to WHEN] [--json]',
  help,
  options: {
    format: { type: 'string' },
    out: { type: 'string' },
    account: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    json: { type: 'boolean' },
  },
  run: async (asked, speech, signal) => {
    const wish = wishOf(asked);
    const result = await withProgress(speech, signal, 'export', (progress) =>
      withSnapshot(async ({ log }) => {
        const head = await log.head();
        const files = await write(log, wish, (sequence) => progress(sequence, head));
        return { format: wish.format, files, head };
      }),
    );
    if (wish.json) speech.out(JSON.stringify(result));
    else speech.out(`Wrote ${result.files.join(', ')}; the log ends at ${result.head}.`);
    return 0;
  },
});
