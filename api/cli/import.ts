import { setTimeout } from 'node:timers/promises';
import { type Booking, bookImport } from '#commands/imports/book-import.ts';
import type { ImportPlan } from '#commands/imports/import-plan.ts';
import type { AsOf } from '#commands/imports/knowledge.ts';
import { planImport } from '#commands/imports/plan-import.ts';
import type { Ledger } from '#commands/ledger.ts';
import type { Digest } from '#commands/ports/digest.ts';
import type { EventStore } from '#commands/ports/event-store.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import type { AccountId, Actor } from '#domain/ids.ts';
import type { Asked, Command, ExitCode, Speech } from './command.ts';
import { UsageError } from './command-line.ts';
import { accountThere, accountToOpen, type ImportAccount } from './import-account.ts';
import {
  type ImportReport,
  importJson,
  importLines,
  problemsOf,
  type ReadFile,
} from './import-report.ts';
import { withProgress } from './progress-bar.ts';
import { type NamedBytes, type ReadingOptions, readFiles, readSymbols } from './statement-files.ts';
import { flagOf, textOf } from './values.ts';
import type { WithLook } from './with-look.ts';

export type ImportPorts = {
  readonly withLook: WithLook;
  readonly withLedger: <T>(
    act: (ledger: Ledger, store: Pick<EventStore, 'readStreamBackward'>) => Promise<T>,
  ) => Promise<T>;
  readonly layoutNames: readonly string[];
  /** Throws where a file is no statement, or no table of symbols. */
  readonly read: (files: readonly NamedBytes[], options: ReadingOptions) => readonly ReadFile[];
  readonly digest: Digest;
  /** The id of the user with an address; undefined where there is none. */
  readonly userAt: (email: string) => Promise<string | undefined>;
  readonly makeOwner: (accountId: AccountId, userId: string) => Promise<void>;
};

const helpOf = (layouts: readonly string[]): string => `
  --account ID|NUMBER   the account to import into
  --open NUMBER         opens an account under this number instead (broker none), as of the first row
    --kind cash|margin    its kind (default cash)
    --owner ADDRESS       makes the user with this address its owner; else nobody is a member, and an administrator
                          gives it to somebody
  --layout LAYOUT       ${layouts.join(', ')}; without it the header tells
  --symbols FILE        lines of NAME,SYMBOL: which symbol an ISIN, a CUSIP or a broker's ticker has here
  --book                writes; without it nothing is written, and the table says what would be
  --skip-problems       with --book: books the rows that can be booked although others cannot
  --json                one JSON object: rows, totals, before, after, problems, warnings

Rows are reports of what happened: they are booked at their own times, also where the cash was not there. Each is known
by its reference, so that the same file again, or one that overlaps it, books nothing twice, and an import that was
stopped goes on when it is run again. What \`ledger reconcile\` found missing and a person approved is known here, and a
row that it paired with something booked under another reference is not booked beside that. Where somebody else writes to the account or decides a break while an import books, what is left
is planned again; a row that cannot be booked any more stops it. The account is in USD: rows
in other currencies are problems, unless the file says what they came to in USD. docs/imports.md has the layouts, codes
and the schema of JSON lines.

Order: rows of all files are booked together in the order of their times; give all files at once. What is booked later
comes after what is there: average cost and realized P&L follow the order of booking, so old rows that are imported
after newer ones give the same shares and cash but may give other P&L. A trade from before a split that is booked
already is booked in shares after the split.

Exit codes: 0 fine, 1 there are problems or conflicts (nothing was written without --skip-problems), 2 it could not be
done.

Examples:
  ledger import schwab.csv --open SCHWAB-1
  ledger import schwab.csv --open SCHWAB-1 --owner ann@example.org --book
  ledger import trades.csv dividends.csv --account IBKR-1 --symbols isins.csv --book --skip-problems
  ledger events --account 00000000-0000-7000-8000-000000000002 --json > events.jsonl
  ledger import events.jsonl --open COPY-1 --json | jq .after`;

type Wish = {
  readonly paths: readonly string[];
  readonly account: string | undefined;
  readonly open: { readonly number: string; readonly kind: AccountPolicy['kind'] } | undefined;
  readonly owner: string | undefined;
  readonly layout: string | undefined;
  readonly symbols: string | undefined;
  readonly book: boolean;
  readonly skipProblems: boolean;
};

const numberPattern = /^[A-Z0-9][A-Z0-9-]{0,63}$/i;

const openingOf = (asked: Asked): Wish['open'] => {
  const number = textOf(asked, 'open');
  const kind = textOf(asked, 'kind') ?? 'cash';
  if (kind !== 'cash' && kind !== 'margin') throw new UsageError('--kind needs cash or margin.');
  if (number === undefined) return undefined;
  if (!numberPattern.test(number)) {
    throw new UsageError('--open needs a number of 1 to 64 letters, digits and hyphens.');
  }
  return { number, kind };
};

const wishOf = (asked: Asked, layouts: readonly string[]): Wish => {
  const [account, open] = [textOf(asked, 'account'), openingOf(asked)];
  const layout = textOf(asked, 'layout');
  const owner = textOf(asked, 'owner');
  if (asked.positionals.length === 0) throw new UsageError('Which files?');
  if ((account === undefined) === (open === undefined)) {
    throw new UsageError(
      'Into which account? --account ID|NUMBER, or --open NUMBER for a new one.',
    );
  }
  if (open === undefined && (owner !== undefined || textOf(asked, 'kind') !== undefined)) {
    throw new UsageError('--owner and --kind go with --open.');
  }
  if (layout !== undefined && !layouts.includes(layout)) {
    throw new UsageError(`--layout needs one of ${layouts.join(', ')}.`);
  }
  return {
    paths: asked.positionals,
    account,
    open,
    owner,
    layout,
    symbols: textOf(asked, 'symbols'),
    book: flagOf(asked, 'book'),
    skipProblems: flagOf(asked, 'skip-problems'),
  };
};

const ownerOf = async ({ userAt }: ImportPorts, email: string | undefined) => {
  if (email === undefined) return null;
  const userId = await userAt(email);
  if (userId === undefined) throw new Error(`There is no user with the address ${email}.`);
  return userId;
};

const firstAt = (files: readonly ReadFile[]) => {
  const [first] = files.flatMap(({ statement }) => statement.from ?? []).toSorted();
  if (first === undefined) {
    throw new Error(
      'No row can be booked, so there is nothing to open an account for; import without --open to see why.',
    );
  }
  return first;
};

type Prepared = Omit<ImportReport, 'booking'> & { readonly ownerId: string | null };

const prepare = async (ports: ImportPorts, wish: Wish, signal: AbortSignal): Promise<Prepared> => {
  const symbols = await readSymbols(wish.symbols);
  const { layout, open, account: name } = wish;
  const files = ports.read(await readFiles(wish.paths), { layout, symbols });
  const ownerId = await ownerOf(ports, wish.owner);
  const onRead = (): void => signal.throwIfAborted();
  const account = await ports.withLook((snapshot) => {
    if (open === undefined) return accountThere(snapshot, name ?? '', onRead);
    const opening = { ...open, userId: ownerId, at: firstAt(files) };
    return accountToOpen(snapshot, opening, onRead);
  });
  const plan = planImport(files, account.knowledge, ports.digest);
  return { account, files, plan, ownerId };
};

/** Opens it if it is to be opened. Returns what of the account is known then. */
const openAccount = async (
  { makeOwner }: ImportPorts,
  ledger: Ledger,
  { accountId, opening, knowledge }: ImportAccount,
  ownerId: string | null,
): Promise<AsOf> => {
  let { asOf } = knowledge;
  if (opening !== null) {
    const actor = 'import:open' as Actor;
    const opened = await ledger.handle({ accountId, actor, key: 'import:open' }, opening);
    if (opened.kind === 'refused') throw new Error(`The account: ${opened.refusal.code}.`);
    asOf = { ...asOf, account: opened.events.at(-1)?.revision ?? asOf.account };
  }
  if (ownerId !== null) await makeOwner(accountId, ownerId);
  return asOf;
};

const longestPauseMs = 1_000;

const book = (
  ports: ImportPorts,
  { account, files, plan, ownerId }: Prepared,
  speech: Speech,
  signal: AbortSignal,
): Promise<Booking> => {
  let done = 0;
  const { accountId } = account;
  const planAgain = async (inVain: number): Promise<ImportPlan> => {
    // Who writes without a pause is let through: planning takes longer than a command.
    const pause = inVain < 2 ? 0 : Math.min(longestPauseMs, 2 ** inVain);
    if (pause > 0) await setTimeout(pause, undefined, { signal });
    const onRead = (): void => signal.throwIfAborted();
    const now = await ports.withLook((look) => accountThere(look, accountId, onRead));
    return planImport(files, now.knowledge, ports.digest);
  };
  const fresh = plan.commands.filter(({ outcome }) => outcome === 'book').length;
  return ports.withLedger(async (ledger, store) => {
    try {
      return await withProgress(speech, signal, 'import', async (progress) => {
        progress(0, fresh);
        const asOf = await openAccount(ports, ledger, account, ownerId);
        const onBooked = (count: number, total: number): void => {
          done = count;
          progress(count, total);
        };
        const booking = { ledger, store, planAgain, onBooked };
        return bookImport(booking, accountId, { ...plan, asOf });
      });
    } catch (error) {
      speech.tell(`Stopped after ${done} of ${fresh}. Run it again: it goes on where it stopped.`);
      throw error;
    }
  });
};

const say = (report: ImportReport, asJson: boolean, { out }: Speech): void => {
  if (asJson) out(importJson(report));
  else for (const line of importLines(report)) out(line);
};

/** `ledger import`. */
export const importCommand = (ports: ImportPorts): Command => ({
  name: 'import',
  summary: "Books brokers' exports or JSON lines as reports with their times; a dry run first.",
  usage:
    'FILE... --account ID|NUMBER | --open NUMBER [--layout L] [--symbols FILE] [--book] [--skip-problems] [--json]',
  help: helpOf(ports.layoutNames),
  options: {
    account: { type: 'string' },
    open: { type: 'string' },
    kind: { type: 'string' },
    owner: { type: 'string' },
    layout: { type: 'string' },
    symbols: { type: 'string' },
    book: { type: 'boolean' },
    'skip-problems': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run: async (asked, speech, signal): Promise<ExitCode> => {
    const wish = wishOf(asked, ports.layoutNames);
    const prepared = await prepare(ports, wish, signal);
    const problems = problemsOf(prepared).length;
    const isBooking = wish.book && (problems === 0 || wish.skipProblems);
    const booking = isBooking ? await book(ports, prepared, speech, signal) : null;
    const { plan } = booking ?? prepared;
    say({ ...prepared, plan, booking }, flagOf(asked, 'json'), speech);
    if (wish.book && !isBooking) {
      speech.tell(`ledger: ${problems} problems, so nothing was written.`);
    }
    return problems === 0 && booking?.stopped == null ? 0 : 1;
  },
});
