import { accountPresent } from '#audit/look/account-present.ts';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import { type Reconciliation, reconcile, slackDays } from '#audit/reconcile/compare.ts';
import { readBooks } from '#audit/reconcile/read-books.ts';
import type { AccountId, Actor } from '#domain/ids.ts';
import { type Instant, later } from '#domain/time.ts';
import { unreachable } from '#domain/unreachable.ts';
import { breakJson, reconciliationJson } from '../http/answers/reconciliation.ts';
import type { Asked, Command, ExitCode, Speech } from './command.ts';
import { UsageError } from './command-line.ts';
import { accountNumbered } from './import-account.ts';
import { marketClock } from './past-look.ts';
import { withProgress } from './progress-bar.ts';
import { type Against, readAgainst } from './reconcile-against.ts';
import { actorOf, approveBreaks, dismissBreaks } from './reconcile-decide.ts';
import { listBreaks } from './reconcile-list.ts';
import type { ReconcilePorts } from './reconcile-ports.ts';
import { listLines, reportLines } from './reconcile-report.ts';
import { accountIdOf, flagOf, isUuid, noPositionals, textOf } from './values.ts';
import { textsOf } from './with-seals.ts';

const helpOf = (layouts: readonly string[]): string => `
  --account ID|NUMBER whose books
  --against FILE      a broker's statement: whatever \`ledger import\` reads, or a JSON document (source, from, to, cash,
                      positions, lines); given more than once where the broker exports several files
  --layout LAYOUT     ${layouts.join(', ')};
                      without it the file tells
  --symbols FILE      lines of NAME,SYMBOL: which symbol an ISIN, a CUSIP or a broker's ticker has here
  --skip-problems     compares the rows that can be read although others cannot: not the ends, and a break is resolved by
                      its own row alone, or one that agrees with our side of it
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
Breaks that were recorded before and are not in this comparison stay open until one that agrees with our side of them,
or would show them, is recorded: how many there are is told.
Nothing is written without --record, --approve or --dismiss. Ages count to the market's clock (the newest mark) or the
account's last event, whichever is later, and to when a break was last seen at least.

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

/** The account's present: ages count to it, and what is recorded or decided is of then. */
const presentIn = async (look: LookSnapshot, account: AccountId): Promise<Instant> =>
  accountPresent(look, account, await marketClock(look));

const presentOf = ({ withLook }: ReconcilePorts, account: AccountId): Promise<Instant> =>
  withLook((look) => presentIn(look, account));

/** Throws UsageError where none is named, Error where none has the number. */
const accountOf = async (asked: Asked, { withLook }: ReconcilePorts): Promise<AccountId> => {
  const name = textOf(asked, 'account');
  if (name === undefined) throw new UsageError('Which account? --account ID|NUMBER');
  if (isUuid(name)) return accountIdOf(name);
  const found = await withLook((look) => accountNumbered(look, name));
  if (found === undefined) throw new Error(`There is no account ${name}.`);
  return found;
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
  const present = await presentOf(ports, account);
  const against = await readAgainst(asked, ports, account, present);
  const found = await comparing(ports, account, against, speech, signal);
  const now = later(present, found.to ?? present);
  const recorded = flagOf(asked, 'record')
    ? await ports.withReconciliations((reconciliations) =>
        reconciliations.record(actorOfRecord(asked), { ...found, at: now }),
      )
    : { sequence: null };
  const kept = await ports.withLook((look) => listBreaks(look, account));
  const known = new Map(kept.map((row) => [row.breakId, row]));
  const shown = new Set(found.breaks.map(({ breakId }) => breakId));
  const others = kept.filter(({ breakId, status }) => status === 'open' && !shown.has(breakId));
  const answer = reconciliationJson(
    found,
    ({ breakId }) => known.get(breakId),
    now,
    recorded.sequence,
    others.length,
  );
  if (flagOf(asked, 'json')) speech.out(JSON.stringify(answer));
  else for (const line of reportLines(answer, flagOf(asked, 'record'))) speech.out(line);
  return answer.breaks.some(({ status }) => status !== 'dismissed') ? 1 : 0;
};

/** Who has it kept: nobody in particular where nobody says so, for it decides nothing. */
const actorOfRecord = (asked: Asked): Actor =>
  textOf(asked, 'by') === undefined ? ('operator' as Actor) : actorOf(asked);

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
      case 'approve':
        return approveBreaks(asked, ports, account, () => presentOf(ports, account), speech);
      case 'dismiss':
        return dismissBreaks(asked, ports, account, () => presentOf(ports, account), speech);
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
    now: await presentIn(look, account),
  }));
  const shown = flagOf(asked, 'all') ? rows : rows.filter(({ status }) => status === 'open');
  const kept = shown.map((row) => breakJson(row, now));
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
