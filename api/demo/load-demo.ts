import type { CommandMeta, Handled, Ledger } from '#commands/ledger.ts';
import type { MarketLedger } from '#commands/market/market-ledger.ts';
import type { AccountId, Actor } from '#domain/ids.ts';
import type { SessionDate } from '#domain/time.ts';
import type { RunQuotes } from './run-quotes.ts';
import { type KeyedCommand, type RunAccount, type RunSession, toSessions } from './run-steps.ts';
import type { RunDay } from './zipline-run.ts';

export type DemoLoad = {
  /** Decides with `quotes`: the pre-trade rules must see the run's market. */
  readonly ledger: Pick<Ledger, 'handle' | 'inspect'>;
  readonly market: MarketLedger;
  readonly quotes: RunQuotes;
  readonly account: RunAccount;
  readonly run: readonly RunDay[];
  readonly actor: Actor;
  /** Named in the marks. */
  readonly source: string;
};

export type DemoSummary = {
  readonly accountId: AccountId;
  readonly sessions: number;
  readonly lastSession: SessionDate | null;
  /** Sessions that an earlier load had brought in already and this one did not look at. */
  readonly sessionsSkipped: number;
  /** Events that this load recorded in the account; 0 = it was all there. */
  readonly eventsRecorded: number;
};

/** A demo whose history does not fit the ledger's rules is a bug in one of the two. */
const booked = (handled: Handled, { command }: KeyedCommand): number => {
  const what = `${command.type} at ${command.at}`;
  if (handled.kind === 'refused') {
    throw new Error(`the demo's ${what} was refused: ${handled.refusal.code}`);
  }
  for (const { data } of handled.events) {
    if (data.type === 'FillDisputed' || data.type === 'ReportDisputed') {
      throw new Error(`the demo's ${what} was disputed: ${data.because}`);
    }
  }
  return handled.repeated ? 0 : handled.events.length;
};

/**
 * Where an earlier load stopped: the last session whose trades the account knows. That one is said again,
 * as a crash may have come before its marks; those before it were complete when it began.
 */
const resumeAt = async (
  ledger: DemoLoad['ledger'],
  accountId: AccountId,
  sessions: readonly RunSession[],
): Promise<number> => {
  const index = await ledger.inspect(accountId, ({ executions }) =>
    sessions.findLastIndex(
      ({ lastExecution }) => lastExecution !== null && executions.has(lastExecution),
    ),
  );
  return Math.max(0, index);
};

/**
 * Loads a run as an account's history through the public commands. A second load, or one after a crash,
 * changes nothing that is there and goes on where it stopped. A session's commands are issued at once (the
 * ledger keeps their order and writes them together); sessions wait for each other, because a session's close
 * must find its trades and marks, and no later ones.
 */
export const loadDemo = async (load: DemoLoad): Promise<DemoSummary> => {
  const { ledger, market, quotes, account, run, actor, source } = load;
  const { accountId } = account;
  const sessions = [...toSessions(account, run)];
  const first = await resumeAt(ledger, accountId, sessions);
  const causedBy = { accountId, actor } satisfies Partial<CommandMeta>;
  let eventsRecorded = 0;
  for (const { session, closedAt, commands, marks } of sessions.slice(first)) {
    quotes.moveTo(session);
    const recorded = await Promise.all(
      commands.map(async (step) =>
        booked(await ledger.handle({ ...causedBy, key: step.key }, step.command), step),
      ),
    );
    eventsRecorded += recorded.reduce((total, count) => total + count, 0);
    await market.markPrices(marks, source);
    await market.closeSession(session, closedAt);
  }
  return {
    accountId,
    sessions: sessions.length,
    lastSession: sessions.at(-1)?.session ?? null,
    sessionsSkipped: first,
    eventsRecorded,
  };
};
