import type { Finding } from '#audit/verify/finding.ts';
import type { VerifyReport } from '#audit/verify/verify-report.ts';

const placeOf = ({ sequence, stream, table, key, column, seal, source }: Finding): string => {
  if (seal !== undefined) return `${source === 'kept' ? 'kept seal' : 'seal'} ${seal}`;
  if (table !== undefined) {
    return [table, key, column].filter((part) => part !== undefined).join(' ');
  }
  return sequence === undefined ? `${stream}` : `event ${sequence}`;
};

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
  const { states } = books;
  const skipped = states.skipped === 0 ? '' : `, ${states.skipped} of another version skipped`;
  const beyond = states.notReached === 0 ? '' : `, ${states.notReached} not reached`;
  return [
    `books   ${books.accounts} accounts folded, ${books.accountsNotCompared} of them not comparable`,
    `tables  as of event ${books.checkpoint} of ${head}: ${rows.join(', ')}`,
    ...(left.length === 0 ? [] : ['        not compared:', ...left]),
    `states  ${states.checked} of those that commands are decided with${skipped}${beyond}`,
  ];
};

const sealLines = ({ seals, head }: VerifyReport): readonly string[] => {
  if (seals === null) return [];
  const open = Math.max(0, head - seals.sealedTo);
  const kept =
    seals.kept.length === 0 ? 'none kept elsewhere' : `${seals.kept.length} kept elsewhere`;
  return [`seals   ${seals.count}, ${kept}, up to event ${seals.sealedTo}; ${open} not sealed yet`];
};

const scopeLines = ({ scope }: VerifyReport): readonly string[] => {
  if (scope.since === null) return [];
  return [
    `since   event ${scope.since}, which an earlier run had verified; not looked at again:`,
    ...scope.notLookedAtAgain.map((what) => `          ${what}`),
  ];
};

const countLine = (count: number): string => {
  if (count === 0) return 'Nothing was found.';
  return count === 1 ? '1 finding.' : `${count} findings.`;
};

/** A report for people, line by line. */
export const verifyLines = (report: VerifyReport): readonly string[] => {
  const { log, findings } = report;
  const trusted = log.onTrust === 0 ? '' : `, the first hash of ${log.onTrust} believed`;
  const shown = findings.first.flatMap(findingLines);
  const more = findings.count - findings.first.length;
  return [
    ...scopeLines(report),
    `log     ${log.events} events in ${log.streams} streams${trusted}`,
    ...sealLines(report),
    ...booksLines(report),
    ...shown,
    ...(more > 0 ? [`and ${more} more`] : []),
    countLine(findings.count),
  ];
};
