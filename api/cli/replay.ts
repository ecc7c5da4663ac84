import { accountHistory } from '#audit/as-of/account-history.ts';
import { NoSuchPast } from '#audit/as-of/view.ts';
import type { LogReader } from '#audit/ports/log-reader.ts';
import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { EventFeed } from '#projections/ports/event-feed.ts';
import { type BuildTerms, type ReplayHost, ReplayRefused } from '#projections/ports/read-tables.ts';
import { type CostRule, costRules } from '#projections/ports/rules.ts';
import { logUpTo } from '#projections/projector.ts';
import { replay } from '#projections/replay.ts';
import type { Asked, Command, ExitCode, Speech } from './command.ts';
import { UsageError } from './command-line.ts';
import { type Progress, withProgress } from './progress-bar.ts';
import { accountIdOf, countOf, flagOf, noPositionals, textOf } from './values.ts';
import type { WithSnapshot } from './with-snapshot.ts';

/** What a replay is made with. */
export type ReplayTools = {
  readonly host: ReplayHost;
  readonly feed: Pick<EventFeed, 'readAll' | 'head'>;
};
export type WithReplays = <T>(act: (tools: ReplayTools) => Promise<T>) => Promise<T>;

const help = `Builds the read tables from the events, in a schema of your naming beside the live ones. No server ever touches it.
Query it like the live tables: SELECT * FROM audit.positions.

  --into SCHEMA      its name; one that exists is refused, unless it is a replay and --replace is given
  --to SEQUENCE      nothing after this event
  --account ID       only this account, its markets and the sessions
  --cost RULE        which cost a closing fill takes out: average (as the live tables, the default), or that of single
                     lots: fifo, lifo, highest (the dearest lot first)
  --replace          drops the replay of this name first
  --drop SCHEMA      removes a replay, and builds nothing
  --json             the result as one JSON object

Replays are listed by \`ledger status\`; each remembers in its table "build" by which code, which rule and from which
events it was made, and \`ledger diff\` compares them. One that is interrupted leaves nothing; after a kill -9 what is
left is shown as rebuilding, and --replace or --drop removes it.

Exit codes: 0 done, 2 could not run.

Examples:
  ledger replay --into audit
  ledger replay --into year_end --to 120000
  ledger replay --into fifo --cost fifo --account 00000000-0000-4000-8000-000000000001
  ledger replay --drop audit`;

const PAGE_MAX = 1_000;

/** Events one by one, gathered into pages. */
async function* gathered(
  events: AsyncIterable<RecordedEvent>,
): AsyncGenerator<readonly RecordedEvent[], void, void> {
  let page: RecordedEvent[] = [];
  for await (const event of events) {
    page.push(event);
    if (page.length < PAGE_MAX) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** The events of one account, its markets and the sessions. Throws NoSuchPast where there is no such account. */
async function* accountPages(
  log: LogReader,
  accountId: AccountId,
  to: number,
): AsyncGenerator<readonly RecordedEvent[], void, void> {
  const known = { kind: 'sequence', sequence: to } as const;
  let isKnown = false;
  for await (const page of gathered(accountHistory(log, accountId, { asOf: null, known }))) {
    isKnown ||= page.some(({ stream }) => stream.endsWith(accountId));
    if (!isKnown) throw new NoSuchPast(`There is no account ${accountId} up to event ${to}.`);
    yield page;
  }
}

export type Build = {
  /** Null for tables of the moment. */
  readonly schema: string | null;
  readonly terms: BuildTerms;
  readonly replace: boolean;
};

/** Builds what is asked for, and says which schema it is in and the last event of the log that it took in. */
export const buildReplay = async (
  { withReplays, withSnapshot }: ReplayPorts,
  { schema, terms, replace }: Build,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ readonly schema: string; readonly sequence: number }> =>
  withReplays(async ({ host, feed }) => {
    const end = await feed.head();
    const to = terms.to ?? end;
    if (to > end) throw new NoSuchPast(`There is no event ${to}: the log ends at ${end}.`);
    const onFolded = (sequence: number): void => progress(sequence, to);
    const build = (pages: AsyncIterable<readonly RecordedEvent[]>) =>
      replay({ host, schema, terms: { ...terms, to }, replace, pages, onFolded }, signal);
    const { accountId } = terms;
    if (accountId === null) return build(logUpTo(feed, { after: 0, head: to, signal }));
    return withSnapshot(({ log }) => build(accountPages(log, accountId, to)));
  });

const costOf = (asked: Asked): CostRule => {
  const text = textOf(asked, 'cost') ?? 'average';
  const rule = costRules.find((one) => one === text);
  if (rule === undefined) {
    throw new UsageError(`--cost is one of ${costRules.join(', ')}, not ${text}.`);
  }
  return rule;
};

const buildOf = (asked: Asked): Build => {
  const schema = textOf(asked, 'into');
  if (schema === undefined) throw new UsageError('Into which schema? --into SCHEMA');
  const account = textOf(asked, 'account');
  return {
    schema,
    replace: flagOf(asked, 'replace'),
    terms: {
      rules: { cost: costOf(asked) },
      to: countOf(asked, 'to') ?? null,
      accountId: account === undefined ? null : accountIdOf(account),
    },
  };
};

const onlyDrop = (asked: Asked): void => {
  const others = ['into', 'to', 'account', 'cost', 'replace'].filter(
    (name) => name in asked.values,
  );
  if (others.length > 0) throw new UsageError(`--drop builds nothing: what is --${others[0]} for?`);
};

/** Tells what was asked for and cannot be had; any other error goes on. */
export const toldAsRefused = (error: unknown, { tell }: Speech): ExitCode => {
  if (!(error instanceof ReplayRefused) && !(error instanceof NoSuchPast)) throw error;
  tell(`ledger: ${error.message}`);
  return 2;
};

export type ReplayPorts = {
  readonly withReplays: WithReplays;
  readonly withSnapshot: WithSnapshot;
};

const run = async (ports: ReplayPorts, asked: Asked, speech: Speech, signal: AbortSignal) => {
  const dropped = textOf(asked, 'drop');
  const asJson = flagOf(asked, 'json');
  if (dropped !== undefined) {
    onlyDrop(asked);
    await ports.withReplays(({ host }) => host.drop(dropped));
    speech.out(asJson ? JSON.stringify({ dropped }) : `Dropped ${dropped}.`);
    return;
  }
  const wanted = buildOf(asked);
  const begun = performance.now();
  const { schema, sequence } = await withProgress(speech, signal, 'replay', (progress) =>
    buildReplay(ports, wanted, progress, signal),
  );
  const seconds = Math.round(performance.now() - begun) / 1_000;
  const { rules, accountId } = wanted.terms;
  const facts = { schema, sequence, cost: rules.cost, account_id: accountId, seconds };
  const what = accountId === null ? 'every account' : `account ${accountId}`;
  speech.out(
    asJson
      ? JSON.stringify(facts)
      : `Built ${schema}: ${what} up to event ${sequence}, cost rule ${rules.cost}, in ${seconds} s.`,
  );
};

/** `ledger replay`. */
export const replayCommand = (ports: ReplayPorts): Command => ({
  name: 'replay',
  summary:
    'Builds read tables from the events beside the live ones, up to any event, by any cost rule.',
  usage:
    '--into SCHEMA [--to SEQUENCE] [--account ID] [--cost average|fifo|lifo|highest] [--replace] [--json] | --drop SCHEMA',
  help,
  options: {
    into: { type: 'string' },
    to: { type: 'string' },
    account: { type: 'string' },
    cost: { type: 'string' },
    replace: { type: 'boolean' },
    drop: { type: 'string' },
    json: { type: 'boolean' },
  },
  run: async (asked, speech, signal): Promise<ExitCode> => {
    noPositionals(asked);
    try {
      await run(ports, asked, speech, signal);
      return 0;
    } catch (error) {
      return toldAsRefused(error, speech);
    }
  },
});
