import { randomUUID } from 'node:crypto';
import type { EventStore } from '#commands/ports/event-store.ts';
import {
  type AccountId,
  type Actor,
  type BreakId,
  type EventId,
  type ExecutionId,
  reconciliationStream,
  type Symbol as Ticker,
} from '#domain/ids.ts';
import { cash, price, quantity } from '#domain/money.ts';
import { breakTypes } from '#domain/reconciliation/break-types.ts';
import type { Correction } from '#domain/reconciliation/correction.ts';
import type { ReconciliationEvent } from '#domain/reconciliation/events.ts';
import { fromMilliseconds, type Instant } from '#domain/time.ts';
import { dice } from '#tests/support/account-histories.ts';

type Told = { readonly accountId: AccountId; readonly at: Instant; readonly digest: string };
type Roll = ReturnType<typeof dice>;

const correctionsOf = (roll: Roll): readonly (Correction | null)[] => [
  null,
  { kind: 'bust_fill', executionId: `x-${roll(9)}` as ExecutionId, reason: 'twice "booked"' },
  {
    kind: 'correct_fill',
    executionId: `x-${roll(9)}` as ExecutionId,
    quantity: quantity(`${1 + roll(9)}.000000001`),
    price: price('9.123456789'),
    commission: cash('0.000000000000000001'),
    reason: 'another fee',
  },
];

const foundBy = (roll: Roll, { accountId, at }: Told, breakId: BreakId): ReconciliationEvent => {
  const [kind = 'fee', correction = null] = [
    breakTypes[roll(breakTypes.length)],
    correctionsOf(roll)[roll(3)],
  ];
  return {
    type: 'BreakFound',
    accountId,
    breakId,
    source: 'schwab',
    kind,
    symbol: roll(3) === 0 ? null : ('ACME' as Ticker),
    at,
    ours: roll(2) === 0 ? null : { commission: '0.1', 'an "odd" name': null },
    theirs: roll(2) === 0 ? null : { commission: `0.${1 + roll(9)}` },
    cash: cash(`-${roll(100)}.000000000000000001`),
    shares: quantity(`${roll(100)}.000000001`),
    correction,
    why: 'as their statement says',
    foundAt: at,
  };
};

const endedBy = (roll: Roll, told: Told, breakId: BreakId): ReconciliationEvent => {
  const { accountId, at, digest } = told;
  const one = { accountId, breakId };
  const correctedBy = roll(2) === 0 ? null : (randomUUID() as EventId);
  const ends: readonly ReconciliationEvent[] = [
    { ...one, type: 'BreakResolved', statementDigest: digest, resolvedAt: at },
    { ...one, type: 'BreakApproved', correctedBy, approvedAt: at },
    { ...one, type: 'BreakDismissed', reason: 'they agree with us', dismissedAt: at },
  ];
  return ends[roll(3)] as ReconciliationEvent;
};

/** Reconciles accounts with statements nobody ever sent: breaks come up, are seen again, end, and come up once more. */
export const createReconciling = (
  store: EventStore,
  accountIds: readonly AccountId[],
  seed: number,
): ((statements: number) => Promise<void>) => {
  const roll = dice(seed);
  const open = new Map<AccountId, Set<BreakId>>(accountIds.map((id) => [id, new Set()]));
  const revisions = new Map<AccountId, number>();
  let clock = Date.UTC(2015, 0, 1);

  const append = async (accountId: AccountId, data: ReconciliationEvent): Promise<void> => {
    const revision = revisions.get(accountId) ?? 0;
    const id = randomUUID() as EventId;
    const envelope = { id, correlationId: id, causationId: null, commandId: null };
    const effectiveAt = fromMilliseconds(clock);
    const actor = `clerk-${roll(3)}` as Actor;
    const event = { ...envelope, commandDigest: null, effectiveAt, actor, data };
    const [outcome] = await store.append([
      { stream: reconciliationStream(accountId), expectedRevision: revision, events: [event] },
    ]);
    if (outcome?.kind !== 'appended') throw new Error(`not appended: ${outcome?.kind}`);
    revisions.set(accountId, revision + 1);
  };

  const statement = async (accountId: AccountId): Promise<void> => {
    clock += 86_400_000;
    const told = { accountId, at: fromMilliseconds(clock), digest: 'ab'.repeat(32) };
    const breaks = open.get(accountId) ?? new Set();
    const seenAgain = [...breaks].filter(() => roll(2) === 0);
    await append(accountId, {
      type: 'StatementReconciled',
      accountId,
      source: 'schwab',
      statementDigest: told.digest,
      from: roll(2) === 0 ? null : told.at,
      to: roll(2) === 0 ? null : told.at,
      lines: 3 + roll(9),
      matched: roll(3),
      breaks: roll(9),
      seenAgain,
      reconciledAt: told.at,
    });
    for (let turn = roll(4); turn > 0; turn -= 1) {
      // Of few ids, so that they come again.
      const breakId = `${roll(12)}`.padStart(20, '0') as BreakId;
      const isOpen = breaks.has(breakId);
      await append(accountId, (isOpen ? endedBy : foundBy)(roll, told, breakId));
      if (isOpen) breaks.delete(breakId);
      else breaks.add(breakId);
    }
  };

  return async (statements) => {
    for (let turn = 0; turn < statements; turn += 1) {
      await statement(accountIds[roll(accountIds.length)] as AccountId);
    }
  };
};
