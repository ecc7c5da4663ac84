import { type Reconciliation, reconcile, slackDays } from '#audit/reconcile/compare.ts';
import type { StatementScope } from '#audit/reconcile/context.ts';
import { readBooks } from '#audit/reconcile/read-books.ts';
import type { BrokerStatement } from '#commands/ports/broker-statement.ts';
import type { StatementSource } from '#commands/ports/statement-source.ts';
import type { Decided, Reconciliations } from '#commands/reconciliation/reconciliations.ts';
import type { AccountId, Actor, BreakId } from '#domain/ids.ts';
import { refusals } from '#domain/refusals.ts';
import type { Instant } from '#domain/time.ts';
import { unreachable } from '#domain/unreachable.ts';
import { breakJson, reconciliationJson } from '../http/answers/reconciliation.ts';
import type { Asked, Command, ExitCode, Speech } from './command.ts';
import { UsageError } from './command-line.ts';
import { accountNumbered } from './import-account.ts';
import { withProgress } from './progress-bar.ts';
import { listBreaks } from './reconcile-list.ts';
import { listLines, reportLines } from './reconcile-report.ts';
import { type NamedBytes, type ReadingOptions, readFiles, readSymbols } from './statement-files.ts';
import { accountIdOf, boundOf, flagOf, isUuid, noPositionals, textOf } from './values.ts';
import type { WithLook } from './with-look.ts';
import { textsOf } from './with-seals.ts';

const helpOf = (layouts: readonly string[]): string => `
  --account ID|NUMBER whose books
  --against FILE      a broker's statement: whatever \`ledger import\` reads, or a JSON document (source, from, to, cash,
                      positions, lines); given more than once where the broker exports several files
  --layout LAYOUT     ${layouts.join(', ')};
                      without it the file tells
  --symbols FILE      lines of NAME,SYMBOL: which symbol an ISIN, a CUSIP or a broker's ticker has here
  --skip-problems     compares the rows that can be read although others cannot: not the ends, and nothing is resolved
  --against broker    the paper broker's own journal of what it executed
  --from INSTANT      of the broker's journal, only from then on
  --record            keeps what was found; the same again changes nothing
  --list              the breaks that are kept, with --all those that have ended too
  --approve BREAK_ID  books the proposed correction, once however often it is approved; may be given more than once
  --dismiss BREAK_ID  ends a break without a booking, with --reason TEXT; may be given more than once
  --by NAME           who decides; asked for by --approve and --dismiss
  --json              for programs: one object, decimals as strings

Compares fills, cash, dividends and splits of the statement's time, then holdings and cash at its end, in one
read-only look at the log. Each difference is a break: typed, aged, with both sides, what it explains of the ends, and
the one command that would mend it, or why a person has to decide. What nothing explains is a break of its own.
Nothing is written without --record, --approve or --dismiss. Ages count to the last event of the log.

A file that is imported and one that is compared give the same references, so neither books what the other has booked:
what was imported agrees, and what was approved is known to a later import. docs/imports.md has the layouts and codes.

Exit codes: 0 no breaks (or done), 1 there are breaks (or what was approved could not be booked), 2 it could not be done.

Examples:
  ledger reconcile --account 00000000-0000-4000-8000-000000000001 --against broker
  ledger reconcile --account 00000000-0000-4000-8000-000000000001 --against january.json --record
  ledger reconcile --account SCHWAB-1 --against schwab.csv --record
  ledger reconcile --account IBKR-1 --against trades.csv --against dividends.csv --symbols isins.csv --skip-problems
  ledger reconcile --account 00000000-0000-4000-8000-000000000001 --list
  ledger reconcile --account 00000000-0000-4000-8000-000000000001 --approve 0f3a9c5e17b2d4860a1c --by "A. Clerk"
  ledger reconcile --account 00000000-0000-4000-8000-000000000001 --against january.json --json | jq .counts`;

/** What the command is made of. */
export type ReconcilePorts = {
  readonly withLook: WithLook;
  /** What writes: opened when it is first asked for. */
  readonly withReconciliations: <T>(
    act: (reconciliations: Reconciliations) => Promise<T>,
  ) => Promise<T>;
  readonly layoutNames: readonly string[];
  /** Throws where a file is no statement, or no table of symbols. */
  readonly readStatement: (
    files: readonly NamedBytes[],
    options: ReadingOptions,
  ) => BrokerStatement;
  readonly broker: () => StatementSource;
};

const later = (left: Instant | null, right: Instant | null): Instant | null =>
  left === null || (right !== null && right > left) ? right : left;

const lastEvent = ({ withLook }: ReconcilePorts): Promise<Instant> =>
  withLook(async ({ live }) => {
    const at = await live.lastEffectiveAt();
    if (at === null) throw new Error('The log is empty.');
    return at;
  });

/** Throws UsageError where none is named, Error where none has the number. */
const accountOf = async (asked: Asked, { withLook }: ReconcilePorts): Promise<AccountId> => {
  const name = textOf(asked, 'account');
  if (name === undefined) throw new UsageError('Which account? --account ID|NUMBER');
  if (isUuid(name)) return accountIdOf(name);
  const found = await withLook((look) => accountNumbered(look, name));
  if (found === undefined) throw new Error(`There is no account ${name}.`);
  return found;
};

const actorOf = (asked: Asked): Actor => {
  const name = textOf(asked, 'by')?.trim();
  if (name === undefined || name === '') throw new UsageError('Who decides? --by NAME');
  return `operator:${name}` as Actor;
};

type Against = {
  readonly statement: BrokerStatement;
  readonly scope: StatementScope;
  /** Whose own record it is; null for a file. */
  readonly broker: string | null;
};

const ofBroker = async (
  { broker }: ReconcilePorts,
  account: AccountId,
  now: Instant,
  from: Instant | null,
): Promise<Against> => {
  const source = broker();
  const statement = await source.statement(account, from, now);
  return { statement, scope: source.states, broker: source.name };
};

const problemsShown = 20;

/** A row that could not be read may be the very one that something of ours belongs to. */
const mustBeWhole = ({ problems }: BrokerStatement): void => {
  if (problems.length === 0) return;
  const rows = problems
    .slice(0, problemsShown)
    .map(({ file, row, code, message }) => `  ${file ?? 'row'}:${row}  ${code}  ${message}`);
  const more = problems.length - rows.length;
  const lines = [
    'Some rows cannot be read, so nothing was compared (--skip-problems leaves them out):',
    ...rows,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
  throw new Error(lines.join('\n'));
};

const ofFiles = async (
  { readStatement }: ReconcilePorts,
  asked: Asked,
  paths: readonly string[],
): Promise<Against> => {
  const [files, symbols] = [await readFiles(paths), await readSymbols(textOf(asked, 'symbols'))];
  const statement = readStatement(files, { layout: textOf(asked, 'layout'), symbols });
  if (!flagOf(asked, 'skip-problems')) mustBeWhole(statement);
  return { statement, scope: 'everything', broker: null };
};

const fileOptions = ['layout', 'symbols', 'skip-problems'] as const;

/** Throws UsageError where an option would do nothing. */
const mustFit = (asked: Asked, paths: readonly string[], layouts: readonly string[]): void => {
  const isBroker = paths.includes('broker');
  if (isBroker && paths.length > 1) throw new UsageError('One at a time: broker or files?');
  const layout = textOf(asked, 'layout');
  if (layout !== undefined && !layouts.includes(layout)) {
    throw new UsageError(`--layout needs one of ${layouts.join(', ')}.`);
  }
  const given = fileOptions.filter((name) => asked.values[name] !== undefined);
  if (isBroker && given.length > 0) {
    throw new UsageError(`--${given.join(' and --')} go with --against FILE.`);
  }
  if (!isBroker && textOf(asked, 'from') !== undefined) {
    throw new UsageError('--from goes with --against broker: a file says itself what it is of.');
  }
};

const comparing = async (
  { withLook }: ReconcilePorts,
  account: AccountId,
  { statement, scope, broker }: Against,
  speech: Speech,
  signal: AbortSignal,
): Promise<Reconciliation> =>
  withProgress(speech, signal, 'reconcile', (progress) =>
    withLook(async ({ log }) => {
      const head = await log.head();
      const books = await readBooks(log, account, statement, slackDays, (sequence) =>
        progress(sequence, head),
      );
      if (broker !== null && books.broker !== broker) {
        const whose = books.broker === 'none' ? 'no broker' : `the broker ${books.broker}`;
        throw new Error(
          `The account has ${whose}, and ${broker} has no record of it. Give a FILE.`,
        );
      }
      return reconcile(statement, books, scope);
    }),
  );

const compare = async (
  asked: Asked,
  ports: ReconcilePorts,
  account: AccountId,
  speech: Speech,
  signal: AbortSignal,
): Promise<ExitCode> => {
  const paths = textsOf(asked, 'against');
  mustFit(asked, paths, ports.layoutNames);
  const from = fromOf(asked);
  const last = await lastEvent(ports);
  const against = paths.includes('broker')
    ? await ofBroker(ports, account, last, from)
    : await ofFiles(ports, asked, paths);
  const found = await comparing(ports, account, against, speech, signal);
  const now = later(last, found.to) ?? last;
  const recorded = flagOf(asked, 'record')
    ? await ports.withReconciliations((reconciliations) =>
        reconciliations.record(actorOfRecord(asked), { ...found, at: now }),
      )
    : { sequence: null };
  const known = await ports.withLook((look) => listBreaks(look, account));
  const answer = reconciliationJson(
    found,
    ({ breakId }) => known.find((row) => row.breakId === breakId),
    now,
    recorded.sequence,
  );
  if (flagOf(asked, 'json')) speech.out(JSON.stringify(answer));
  else for (const line of reportLines(answer, flagOf(asked, 'record'))) speech.out(line);
  return answer.breaks.some(({ status }) => status !== 'dismissed') ? 1 : 0;
};

/** Who has it kept: nobody in particular where nobody says so, for it decides nothing. */
const actorOfRecord = (asked: Asked): Actor =>
  textOf(asked, 'by') === undefined ? ('operator' as Actor) : actorOf(asked);

const fromOf = (asked: Asked): Instant | null => {
  const bound = boundOf(asked, 'from');
  if (bound === undefined) return null;
  if ('instant' in bound) return bound.instant;
  throw new UsageError('--from needs an instant such as 2014-01-03T21:00:00Z.');
};

const breakIdsOf = (asked: Asked, name: string): readonly BreakId[] =>
  textsOf(asked, name).map((text) => {
    if (!/^[0-9a-f]{20}$/.test(text)) throw new UsageError(`${text} is no break's id.`);
    return text as BreakId;
  });

const decidedJson = (breakId: BreakId, decided: Decided) => ({
  break_id: breakId,
  outcome: decided.kind === 'done' ? (decided.repeated ? 'repeated' : 'done') : decided.kind,
  code: decided.kind === 'refused' ? decided.refusal.code : null,
  because: decided.kind === 'disputed' ? decided.because : null,
  sequence: decided.kind === 'refused' ? null : decided.sequence,
});

const decidedLine = (word: string, breakId: BreakId, decided: Decided): string => {
  switch (decided.kind) {
    case 'done':
      return decided.repeated
        ? `${breakId}  ${word} before`
        : `${breakId}  ${word}, event ${decided.sequence}`;
    case 'disputed':
      return `${breakId}  disputed: ${decided.because}; it stays open, dismiss it or book what is right`;
    case 'refused':
      return `${breakId}  ${refusals[decided.refusal.code].text}`;
  }
};

type Deciding = {
  readonly word: string;
  readonly breaks: readonly BreakId[];
  readonly act: (reconciliations: Reconciliations, breakId: BreakId) => Promise<Decided>;
};

const decide = async (
  asked: Asked,
  ports: ReconcilePorts,
  { word, breaks, act }: Deciding,
  { out }: Speech,
): Promise<ExitCode> => {
  const outcomes = await ports.withReconciliations(async (reconciliations) => {
    const all: { readonly breakId: BreakId; readonly decided: Decided }[] = [];
    // One after the other: each looks at what the one before has left.
    for (const breakId of breaks) {
      all.push({ breakId, decided: await act(reconciliations, breakId) });
    }
    return all;
  });
  if (flagOf(asked, 'json')) {
    out(JSON.stringify(outcomes.map(({ breakId, decided }) => decidedJson(breakId, decided))));
  } else {
    for (const { breakId, decided } of outcomes) out(decidedLine(word, breakId, decided));
  }
  return outcomes.every(({ decided }) => decided.kind === 'done') ? 0 : 1;
};

/** The one thing that is asked for. Throws UsageError where it is none, or several. */
const wishOf = (asked: Asked): 'compare' | 'list' | 'approve' | 'dismiss' => {
  const wishes = [
    ...(textsOf(asked, 'against').length > 0 ? (['compare'] as const) : []),
    ...(flagOf(asked, 'list') ? (['list'] as const) : []),
    ...(textsOf(asked, 'approve').length > 0 ? (['approve'] as const) : []),
    ...(textsOf(asked, 'dismiss').length > 0 ? (['dismiss'] as const) : []),
  ];
  const [wish, ...others] = wishes;
  if (wish === undefined)
    throw new UsageError('Against what? --against FILE or broker, or --list.');
  if (others.length > 0) throw new UsageError(`One at a time: ${wishes.join(' or ')}?`);
  return wish;
};

const run =
  (ports: ReconcilePorts): Command['run'] =>
  async (asked, speech, signal) => {
    noPositionals(asked);
    const wish = wishOf(asked);
    const account = await accountOf(asked, ports);
    switch (wish) {
      case 'compare':
        return compare(asked, ports, account, speech, signal);
      case 'list':
        return showList(asked, ports, account, speech);
      case 'approve': {
        const actor = actorOf(asked);
        const breaks = breakIdsOf(asked, 'approve');
        const at = await lastEvent(ports);
        const act: Deciding['act'] = ({ approve }, breakId) =>
          approve({ accountId: account, breakId, actor, at });
        return decide(asked, ports, { word: 'approved', breaks, act }, speech);
      }
      case 'dismiss': {
        const actor = actorOf(asked);
        const breaks = breakIdsOf(asked, 'dismiss');
        const reason = textOf(asked, 'reason')?.trim();
        if (reason === undefined || reason === '') throw new UsageError('Why? --reason TEXT');
        const at = await lastEvent(ports);
        const act: Deciding['act'] = ({ dismiss }, breakId) =>
          dismiss({ accountId: account, breakId, actor, at, reason });
        return decide(asked, ports, { word: 'dismissed', breaks, act }, speech);
      }
      default:
        return unreachable(wish);
    }
  };

const showList = async (
  asked: Asked,
  { withLook }: ReconcilePorts,
  account: AccountId,
  { out }: Speech,
): Promise<ExitCode> => {
  const { rows, now } = await withLook(async (look) => ({
    rows: await listBreaks(look, account),
    now: await look.live.lastEffectiveAt(),
  }));
  const shown = flagOf(asked, 'all') ? rows : rows.filter(({ status }) => status === 'open');
  const at = rows.reduce<Instant | null>((latest, row) => later(latest, row.lastSeenAt), now);
  if (at === null) throw new Error('The log is empty.');
  const kept = shown.map((row) => breakJson(row, at));
  if (flagOf(asked, 'json')) out(JSON.stringify({ account_id: account, breaks: kept }));
  else for (const line of listLines(kept)) out(line);
  return rows.some(({ status }) => status === 'open') ? 1 : 0;
};

/** `ledger reconcile`. */
export const reconcileCommand = (ports: ReconcilePorts): Command => ({
  name: 'reconcile',
  summary:
    "Compares an account with its broker's statement: typed breaks, and what would mend them.",
  usage:
    '--account ID|NUMBER (--against FILE...|broker [--layout L] [--symbols FILE] [--skip-problems] [--record] | --list | --approve BREAK_ID... --by NAME | --dismiss BREAK_ID... --reason TEXT --by NAME) [--json]',
  help: helpOf(ports.layoutNames),
  options: {
    account: { type: 'string' },
    against: { type: 'string', multiple: true },
    layout: { type: 'string' },
    symbols: { type: 'string' },
    'skip-problems': { type: 'boolean' },
    from: { type: 'string' },
    record: { type: 'boolean' },
    list: { type: 'boolean' },
    all: { type: 'boolean' },
    approve: { type: 'string', multiple: true },
    dismiss: { type: 'string', multiple: true },
    reason: { type: 'string' },
    by: { type: 'string' },
    json: { type: 'boolean' },
  },
  run: run(ports),
});
