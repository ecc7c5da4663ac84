import type { Booking } from '#commands/imports/book-import.ts';
import type { Holdings, ImportPlan, PlannedCommand } from '#commands/imports/import-plan.ts';
import type { BrokerStatement } from '#commands/ports/broker-statement.ts';
import { type Cash, formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import { aligned, named } from './aligned.ts';
import type { ImportAccount } from './import-account.ts';

/** A file that was read, and as what. */
export type ReadFile = {
  readonly file: string;
  readonly layout: string;
  readonly statement: BrokerStatement;
};

/** What an import would do or did, for people and programs. */
export type ImportReport = {
  readonly account: ImportAccount;
  readonly files: readonly ReadFile[];
  readonly plan: ImportPlan;
  /** Null for a dry run. */
  readonly booking: Booking | null;
};

type Problem = {
  readonly file: string;
  readonly row: number;
  readonly code: string;
  readonly message: string;
};

const stops = ({ outcome }: PlannedCommand): boolean =>
  outcome === 'conflict' || outcome === 'refused';

/** Everything that keeps a row from being booked: what could not be read, and what the account cannot take. */
export const problemsOf = ({ files, plan }: Pick<ImportReport, 'files' | 'plan'>) => {
  const unread = files.flatMap(({ file, statement }) =>
    statement.problems.map((problem): Problem => ({ file, ...problem })),
  );
  const unbooked = plan.commands
    .filter((planned) => stops(planned) && planned.kind !== 'rounding')
    .map(({ file, row, outcome, code, why }): Problem => {
      return { file, row, code: code ?? outcome, message: why ?? `the account says ${outcome}` };
    });
  return [...unread, ...unbooked];
};

type Total = { count: number; known: number; left: number; amount: bigint };

/** By kind: how many are new, known, or left out, and what the new ones do to the cash. */
export const totalsOf = ({ commands }: ImportPlan): ReadonlyMap<string, Total> => {
  const totals = new Map<string, Total>();
  for (const { kind, outcome, amount } of commands) {
    const total = totals.get(kind) ?? { count: 0, known: 0, left: 0, amount: 0n };
    if (outcome === 'book') {
      total.count += 1;
      total.amount += amount;
    } else if (outcome === 'known') total.known += 1;
    else total.left += 1;
    totals.set(kind, total);
  }
  return totals;
};

const shortest = 22;
const short = (text: string): string =>
  text.length <= shortest ? text : `${text.slice(0, shortest - 1)}…`;

const columns = [
  'row',
  'time',
  'kind',
  'symbol',
  'quantity',
  'price',
  'amount',
  'commission',
  'reference',
  'outcome',
];
const numbers = ['row', 'quantity', 'price', 'amount', 'commission'];

const cellsOf = (one: PlannedCommand, place: string): readonly string[] => [
  place,
  one.at.slice(0, 19).concat('Z'),
  one.kind,
  one.symbol ?? '',
  one.quantity === null ? '' : formatQuantity(one.quantity),
  one.price === null ? '' : formatPrice(one.price),
  formatCash(one.amount),
  one.commission === null || one.commission === 0n ? '' : formatCash(one.commission),
  short(one.reference),
  [one.outcome, one.code].filter((word) => word !== null).join(' '),
];

const holdingLines = (before: Holdings, after: Holdings): readonly string[] => {
  const symbols = [...new Set([...before.positions.keys(), ...after.positions.keys()])].toSorted();
  const shares = ({ positions }: Holdings, symbol: (typeof symbols)[number]) =>
    formatQuantity(positions.get(symbol) ?? (0n as never));
  return aligned(
    ['', 'before', 'after'],
    [
      ['cash', formatCash(before.cash), formatCash(after.cash)],
      ...symbols.map((symbol) => [symbol, shares(before, symbol), shares(after, symbol)]),
    ],
    ['before', 'after'],
  );
};

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines];

const endOf = ({ account, plan, booking }: ImportReport, problems: number): string => {
  const fresh = plan.commands.filter(({ outcome }) => outcome === 'book').length;
  if (booking === null) {
    const open = account.opening === null ? '' : ` and account ${account.number} be opened`;
    const skip = problems === 0 ? '--book' : '--book --skip-problems';
    const what = `Nothing was written. ${fresh} would be booked${open}`;
    return fresh === 0 ? 'Nothing was written: there is nothing new.' : `${what}: ${skip}.`;
  }
  if (booking.stopped === null) return `${booking.booked} booked.`;
  const { at, code } = booking.stopped;
  return `${booking.booked} booked, then stopped at ${at.file}:${at.row}: ${code}. Look at it and run it again.`;
};

/** The report for people. */
export const importLines = (report: ImportReport): readonly string[] => {
  const { account, files, plan } = report;
  const several = files.length > 1;
  const problems = problemsOf(report);
  const rows = plan.commands.map((one) =>
    cellsOf(one, several ? `${one.file}:${one.row}` : String(one.row)),
  );
  const totals = [...totalsOf(plan)].map(([kind, { count, known, left, amount }]) => [
    kind,
    String(count),
    String(known),
    String(left),
    formatCash(amount as Cash),
  ]);
  const totalColumns = ['kind', 'new', 'known', 'not booked', 'amount of the new'];
  return [
    ...named([
      ['account', `${account.number ?? account.accountId}${account.opening ? ' (new)' : ''}`],
      ['id', account.number === null ? null : account.accountId],
      ...files.map(
        ({ file, layout, statement }) =>
          [
            'file',
            `${file}: ${layout}, ${statement.lines.length} lines, ${statement.problems.length} problems, ${statement.notes?.length ?? 0} rows told by others or moving nothing`,
          ] as const,
      ),
    ]),
    ...section('', rows.length === 0 ? [] : aligned(columns, rows, numbers)).slice(1),
    ...section(
      '',
      totals.length === 0 ? [] : aligned(totalColumns, totals, totalColumns.slice(1)),
    ).slice(1),
    '',
    ...holdingLines(plan.before, plan.after),
    ...section(
      'Problems',
      problems.map(({ file, row, code, message }) => `${file}:${row}  ${code}  ${message}`),
    ),
    ...section(
      'Warnings',
      plan.warnings.map(({ code, message }) => `${code}  ${message}`),
    ),
    '',
    endOf(report, problems.length),
  ];
};

const holdingsJson = ({ cash, positions }: Holdings) => ({
  cash: formatCash(cash),
  positions: Object.fromEntries(
    [...positions].map(([symbol, quantity]) => [symbol, formatQuantity(quantity)]),
  ),
});

const rowJson = (one: PlannedCommand) => ({
  file: one.file,
  row: one.row,
  at: one.at,
  kind: one.kind,
  symbol: one.symbol,
  quantity: one.quantity === null ? null : formatQuantity(one.quantity),
  price: one.price === null ? null : formatPrice(one.price),
  amount: formatCash(one.amount),
  commission: one.commission === null ? null : formatCash(one.commission),
  reference: one.reference,
  description: one.description,
  outcome: one.outcome,
  code: one.code,
  why: one.why,
});

/** The report for programs, one object. */
export const importJson = (report: ImportReport): string => {
  const { account, files, plan, booking } = report;
  const totals = [...totalsOf(plan)].map(([kind, { count, known, left, amount }]) => [
    kind,
    { new: count, known, not_booked: left, amount: formatCash(amount as Cash) },
  ]);
  return JSON.stringify({
    account_id: account.accountId,
    account_number: account.number,
    opens_account: account.opening !== null,
    dry_run: booking === null,
    booked: booking?.booked ?? 0,
    known_meanwhile: booking?.knownMeanwhile ?? 0,
    stopped_at: booking?.stopped
      ? { row: rowJson(booking.stopped.at), code: booking.stopped.code }
      : null,
    files: files.map(({ file, layout, statement }) => ({
      file,
      layout,
      source: statement.source,
      lines: statement.lines.length,
      from: statement.from,
      to: statement.to,
      notes: statement.notes ?? [],
    })),
    rows: plan.commands.map(rowJson),
    totals: Object.fromEntries(totals),
    before: holdingsJson(plan.before),
    after: holdingsJson(plan.after),
    problems: problemsOf(report),
    warnings: plan.warnings,
  });
};
