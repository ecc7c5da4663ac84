import { writeFile } from 'node:fs/promises';
import type { Finding } from '#audit/verify/finding.ts';
import { type VerifyOptions, type VerifyReport, verifyLedger } from '#audit/verify/verify.ts';
import type { Asked, Command } from './command.ts';
import { withProgress } from './progress-bar.ts';
import { accountIdOf, countOf, flagOf, noPositionals, textOf } from './values.ts';
import type { WithSnapshot } from './with-snapshot.ts';

const help = `
  --account ID       only this account's events and rows
  --from SEQUENCE    only the log, from this event on; the first hash of each stream is believed, and the books,
                     which need the whole log, are left out
  --json             the report as JSON
  --report FILE      writes the report as JSON to this file too

Recomputes everything from the stored events alone, in one read-only look at the database, while trading goes on:
  log     sequences and revisions without a gap, ids given once, the hash chain of every stream, columns that say
          what the bodies say, bodies that can be read
  books   cash, shares, average cost, realized P&L, fees, reservations and orders, folded a second time by code that
          the read tables do not share
  tables  accounts, orders, order_fills, positions, transactions and journal_entries against those books, cell by
          cell, as of the event that they have reached. The report names the columns that are not compared.
Whoever rewrites a stream with new hashes and the read tables with it leaves nothing to find here: only a seal that
was kept elsewhere tells (ledger verify-seals).

Exit codes: 0 nothing was found, 1 something was, 2 it could not be done.

Examples:
  ledger verify
  ledger verify --account 00000000-0000-4000-8000-000000000001
  ledger verify --json | jq '.findings.first[].message'
  ledger verify --report verified.json`;

const optionsOf = (asked: Asked): VerifyOptions => {
  noPositionals(asked);
  const account = textOf(asked, 'account');
  const fromSequence = countOf(asked, 'from');
  return {
    ...(account === undefined ? {} : { accountId: accountIdOf(account) }),
    ...(fromSequence === undefined ? {} : { fromSequence }),
  };
};

const placeOf = ({ sequence, table, key, column }: Finding): string =>
  table === undefined
    ? `event ${sequence}`
    : [table, key, column].filter((part) => part !== undefined).join(' ');

const findingLines = (finding: Finding): readonly string[] => [
  `${finding.kind}  ${placeOf(finding)}`,
  `    ${finding.message}`,
  `    expected ${finding.expected ?? 'nothing'}`,
  `    found    ${finding.actual ?? 'nothing'}`,
];

const booksLines = ({ books, head }: VerifyReport): readonly string[] => {
  if (books === null) return ['books   not verified: they need the log from its first event on'];
  const rows = Object.entries(books.rowsCompared).map(([table, count]) => `${count} ${table}`);
  const left = Object.entries(books.columnsNotCompared)
    .filter(([, columns]) => columns.length > 0)
    .map(([table, columns]) => `          ${table}: ${columns.join(', ')}`);
  return [
    `books   ${books.accounts} accounts folded, ${books.accountsNotCompared} of them not comparable`,
    `tables  as of event ${books.checkpoint} of ${head}: ${rows.join(', ')}`,
    '        not compared:',
    ...left,
  ];
};

const summary = (report: VerifyReport): readonly string[] => {
  const { log, findings } = report;
  const trusted = log.onTrust === 0 ? '' : `, the first hash of ${log.onTrust} believed`;
  const shown = findings.first.flatMap(findingLines);
  const more = findings.count - findings.first.length;
  return [
    `log     ${log.events} events in ${log.streams} streams${trusted}`,
    ...booksLines(report),
    ...shown,
    ...(more > 0 ? [`and ${more} more`] : []),
    findings.count === 0 ? 'Nothing was found.' : `${findings.count} findings.`,
  ];
};

/** `ledger verify`. */
export const verifyCommand = (withSnapshot: WithSnapshot): Command => ({
  name: 'verify',
  summary: 'Recomputes log, books and read tables, and names what differs.',
  usage: '[--account ID] [--from SEQUENCE] [--json] [--report FILE]',
  help,
  options: {
    account: { type: 'string' },
    from: { type: 'string' },
    json: { type: 'boolean' },
    report: { type: 'string' },
  },
  run: async (asked, speech, signal) => {
    const options = optionsOf(asked);
    const report = await withProgress(speech, signal, 'verify', (onProgress) =>
      withSnapshot((snapshot) => verifyLedger(snapshot, { ...options, signal, onProgress })),
    );
    const file = textOf(asked, 'report');
    if (file !== undefined) await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
    if (flagOf(asked, 'json')) speech.out(JSON.stringify(report));
    else for (const line of summary(report)) speech.out(line);
    return report.findings.count === 0 ? 0 : 1;
  },
});
