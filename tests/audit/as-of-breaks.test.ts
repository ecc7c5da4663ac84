import { deepEqual, equal } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { View } from '#audit/as-of/view.ts';
import type { BreakId } from '#domain/ids.ts';
import { zeroCash, zeroQuantity } from '#domain/money.ts';
import type { ReconciliationEvent } from '#domain/reconciliation/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import type { Queries } from '#projections/ports/queries.ts';
import { account, day, logOf, opened, withRevisions } from './as-of-world.ts';
import { type PastWorld, pastWorld } from './past-world.ts';

const [first, second] = ['a'.repeat(20) as BreakId, 'b'.repeat(20) as BreakId];
const theirs = { accountId: account, source: 'a broker' } as const;

const compared = (at: Instant, breaks: number, ...seenAgain: BreakId[]): ReconciliationEvent => ({
  ...theirs,
  type: 'StatementReconciled',
  statementDigest: 'ab'.repeat(32),
  from: null,
  to: null,
  lines: 3,
  matched: 1,
  breaks,
  seenAgain,
  reconciledAt: at,
});
const found = (breakId: BreakId, at: Instant): ReconciliationEvent => ({
  ...theirs,
  type: 'BreakFound',
  breakId,
  kind: 'fee',
  symbol: null,
  at: day(1),
  ours: null,
  theirs: null,
  cash: zeroCash,
  shares: zeroQuantity,
  correction: null,
  why: 'nobody knows',
  foundAt: at,
});
const dismissed = (breakId: BreakId, at: Instant): ReconciliationEvent => ({
  type: 'BreakDismissed',
  accountId: account,
  breakId,
  reason: 'they agree with us',
  dismissedAt: at,
});

// The statement's end is later than the clock of whoever dismisses a break of it.
const log = withRevisions(
  logOf(
    [1, opened()],
    [2, compared(day(2), 1), day(2)],
    [2, found(first, day(2)), day(2)],
    [3, compared(day(10), 2, first), day(10)],
    [3, found(second, day(10)), day(10)],
    [4, dismissed(second, day(4)), day(4)],
    [5, dismissed(first, day(5)), day(5)],
    [6, compared(day(12), 1), day(12)],
    [6, found(first, day(12)), day(12)],
  ),
);
const now = (log.at(-1) as RecordedEvent).effectiveAt;

const allOf = async (queries: Queries) => ({
  breaks: await queries.listBreaks({ accountId: account, limit: 10 }),
  oldest: await queries.listBreaks({ accountId: account, limit: 1, direction: 'asc' }),
  next: await queries.listBreaks({ accountId: account, limit: 1, direction: 'asc', cursor: 3 }),
  open: await queries.listBreaks({ accountId: account, limit: 10, statuses: ['open'] }),
  fees: await queries.listBreaks({ accountId: account, limit: 10, kinds: ['fee'] }),
  cash: await queries.listBreaks({ accountId: account, limit: 10, kinds: ['cash_balance'] }),
  everybody: await queries.listBreaks({ limit: 10 }),
  first: await queries.getBreak(account, first),
  second: await queries.getBreak(account, second),
  reconciliations: await queries.listReconciliations(account, { limit: 2 }),
  earlier: await queries.listReconciliations(account, { limit: 2, cursor: 4 }),
});

describe('breaks of the past', () => {
  let world: PastWorld;
  before(async () => {
    world = await pastWorld(log);
  });
  after(() => world.close());

  it('are as known then what the read tables said then', async () => {
    for (const { sequence } of log) {
      await world.project(sequence);
      const then = await allOf(world.queriesAt(now));
      const view: View = { asOf: null, known: { kind: 'sequence', sequence } };
      deepEqual(await world.ask(view, now, allOf), then, `event ${sequence}`);
    }
  });

  it('are as of an instant what had been found and decided by then', async () => {
    await world.project(log.length);
    const statusAt = async (at: Instant) => {
      const view: View = { asOf: { kind: 'instant', at }, known: null };
      return world.ask(view, now, async (queries) => [
        (await queries.getBreak(account, first))?.status,
        (await queries.getBreak(account, second))?.status,
      ]);
    };
    deepEqual(await statusAt(day(1, 23)), [undefined, undefined]);
    deepEqual(await statusAt(day(2)), ['open', undefined]);
    // What was decided of it came before it was seen again by its clock, and after it by the log.
    deepEqual(await statusAt(day(5)), ['open', undefined]);
    deepEqual(await statusAt(day(10)), ['dismissed', 'dismissed']);
    deepEqual(await statusAt(day(12)), ['open', 'dismissed']);
    equal(now, day(12));
  });
});
