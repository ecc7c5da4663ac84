import type { AccountEvent, StockSplit } from '#domain/account/events.ts';
import { evolve } from '#domain/account/evolve.ts';
import { type Movement, movementIn } from '#domain/account/movement.ts';
import { type AccountState, unopened } from '#domain/account/state.ts';
import type { BreakId, CommandId, EventId } from '#domain/ids.ts';
import type { Cash } from '#domain/money.ts';
import { amendedBy } from '#domain/reconciliation/amendment.ts';
import type { BreakType } from '#domain/reconciliation/break-types.ts';
import type { Facts } from '#domain/reconciliation/correction.ts';
import type { BreakFound, ReconciliationEvent } from '#domain/reconciliation/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';

/** What is booked under a reference, with what has been added to it since. */
export type KnownMovement = Pick<Movement, 'category' | 'symbol'> & { amount: Cash };

/** Rows of a statement that reconciling has paired with something of ours: one, or all that tell of it together. */
export type PairedRows = {
  readonly breakId: BreakId;
  readonly references: readonly string[];
  /** What the row said, or the first of them. */
  readonly theirs: Facts;
  status: 'open' | 'approved' | 'dismissed';
};

/** How far an account's own stream and that of its reconciliations have been read: their revisions. */
export type AsOf = { readonly account: number; readonly reconciliations: number };

/** What an account knows already, as far as an import has to. */
export type AccountKnowledge = {
  readonly state: AccountState;
  /** Every command that has an id, and what it said. */
  readonly commands: Map<CommandId, string | null>;
  /** Cash by its external reference, whatever command brought it. */
  readonly references: Map<string, readonly KnownMovement[]>;
  readonly movements: Map<EventId, KnownMovement>;
  readonly splits: StockSplit[];
  /** Breaks that pair rows with something that is booked under another reference, in the order in which they came up. */
  readonly paired: Map<BreakId, PairedRows>;
  asOf: AsOf;
  openedAt: Instant | null;
  /** Of its last event; null for none. */
  lastAt: Instant | null;
};

export const nothingKnown = (): AccountKnowledge => ({
  state: unopened(),
  commands: new Map(),
  references: new Map(),
  movements: new Map(),
  splits: [],
  paired: new Map(),
  asOf: { account: 0, reconciliations: 0 },
  openedAt: null,
  lastAt: null,
});

const learnMovement = (
  { references, movements }: AccountKnowledge,
  { category, symbol, amount, reference }: Movement,
  id: EventId,
): void => {
  const amended = amendedBy(reference);
  if (amended !== undefined) {
    const known = movements.get(amended);
    if (known !== undefined) known.amount = (known.amount + amount) as Cash;
    return;
  }
  if (reference === null) return;
  const movement = { category, symbol, amount };
  movements.set(id, movement);
  references.set(reference, [...(references.get(reference) ?? []), movement]);
};

/** Takes in the next event of the account's stream, in place. */
export const learn = (knowledge: AccountKnowledge, event: RecordedEvent): void => {
  const data = event.data as AccountEvent; // An account's stream holds nothing else.
  evolve(knowledge.state, data);
  knowledge.asOf = { ...knowledge.asOf, account: event.revision };
  if (event.commandId !== null) knowledge.commands.set(event.commandId, event.commandDigest);
  const movement = movementIn(data);
  if (movement !== undefined) learnMovement(knowledge, movement, event.id);
  if (data.type === 'StockSplit') knowledge.splits.push(data);
  if (data.type === 'AccountOpened') knowledge.openedAt = data.openedAt;
  if (knowledge.lastAt === null || event.effectiveAt > knowledge.lastAt) {
    knowledge.lastAt = event.effectiveAt;
  }
};

/** The breaks of one thing that both sides have. */
const pairKinds: readonly BreakType[] = ['quantity', 'price', 'fee', 'amount', 'timing'];

const learnBreak = ({ paired }: AccountKnowledge, found: BreakFound): void => {
  const { kind, ours, theirs, breakId } = found;
  const reference = theirs?.['reference'];
  if (theirs === null || reference == null || !pairKinds.includes(kind)) return;
  // Under one reference, what is booked tells more than the break does.
  if (ours?.['executionId'] === reference || ours?.['reference'] === reference) return;
  const references = theirs['references']?.split(' ') ?? [reference];
  paired.delete(breakId);
  paired.set(breakId, { breakId, references, theirs, status: 'open' });
};

/** Takes in the next event of the account's reconciliations, in place. */
export const learnReconciliation = (
  knowledge: AccountKnowledge,
  { revision, data: event }: RecordedEvent<ReconciliationEvent>,
): void => {
  knowledge.asOf = { ...knowledge.asOf, reconciliations: revision };
  const { paired } = knowledge;
  if (event.type === 'StatementReconciled') return;
  if (event.type === 'BreakFound') {
    learnBreak(knowledge, event);
    return;
  }
  const rows = paired.get(event.breakId);
  if (rows === undefined) return;
  // What a later statement does not show any more pairs nothing.
  if (event.type === 'BreakResolved') paired.delete(event.breakId);
  else rows.status = event.type === 'BreakApproved' ? 'approved' : 'dismissed';
};
