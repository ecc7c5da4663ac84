import { join } from 'node:path';
import { beancountFormat } from '#audit/export/beancount.ts';
import { writeCsv } from '#audit/export/csv.ts';
import { hledgerFormat } from '#audit/export/hledger.ts';
import { type Bound, type ExportRange, parseBound } from '#audit/export/range.ts';
import { type Piece, writeBooks } from '#audit/export/write-books.ts';
import { writeFiles } from '#audit/export/write-files.ts';
import type { LogReader } from '#audit/ports/log-reader.ts';
import type { AccountId } from '#domain/ids.ts';
import type { Asked, Command } from './command.ts';
import { UsageError } from './command-line.ts';
import { withProgress } from './progress-bar.ts';
import type { WithSnapshot } from './with-snapshot.ts';

const formats = ['hledger', 'beancount', 'csv'] as const;
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
    throw new UsageError('--out needs a file, or a folder for csv.');
  const accountId = accountIdOf(asked);
  const range = { accountId, from: boundOf(asked, 'from'), to: boundOf(asked, 'to') };
  return { format, out, range, json: asked.values['json'] === true };
};

const piecesOf = (log: LogReader, format: Format, range: ExportRange): AsyncIterable<Piece> => {
  switch (format) {
    case 'hledger':
      return writeBooks(log, range, hledgerFormat);
    case 'beancount':
      return writeBooks(log, range, beancountFormat);
    case 'csv':
      return writeCsv(log, range);
  }
};

const help = `Writes the ledger's double entry as books that other programs check, or as tables.

  --format hledger    one journal, shares at average cost; prove it with: hledger -f FILE check --strict
  --format beancount  one file, shares in lots, first in, first out; prove it with: bean-check FILE
  --format csv        a folder with transactions.csv, fills.csv and positions.csv (held at the end, average cost)
  --out FILE          where to; what is there already is replaced when all is written. A folder for csv.
  --account ID        one account only
  --from, --to        an instant, a date (UTC) or a sequence, by when it was written down, inclusive. What came
                      before --from is carried forward in one entry.
  --json              the result as one line of JSON

Books are written on, never anew: an entry has the day it was effective, or the day of the account's entry before it
where that is later. A fill that was taken back or corrected is set right by an entry of its own.

  ledger export --format hledger --out books.journal && hledger -f books.journal check --strict
  ledger export --format csv --from 2026-01-01 --to 2026-03-31 --out first-quarter
`;

/** `ledger export`: 0 where everything was written. */
export const exportCommand = (withSnapshot: WithSnapshot): Command => ({
  name: 'export',
  summary: 'Write books that hledger or beancount check, or CSV.',
  usage:
    '--format hledger|beancount|csv --out FILE [--account ID] [--from WHEN] [--to WHEN] [--json]',
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
    const { format, out, range, json } = wishOf(asked);
    const pathOf = (file: string): string => (format === 'csv' ? join(out, file) : out);
    const result = await withProgress(speech, signal, 'export', (progress) =>
      withSnapshot(async ({ log }) => {
        const head = await log.head();
        const files = await writeFiles(piecesOf(log, format, range), pathOf, (sequence) =>
          progress(sequence, head),
        );
        return { format, files, head };
      }),
    );
    if (json) speech.out(JSON.stringify(result));
    else speech.out(`Wrote ${result.files.join(', ')}; the log ends at ${result.head}.`);
    return 0;
  },
});
