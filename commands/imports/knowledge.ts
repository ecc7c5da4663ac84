import type { AccountEvent, StockSplit } from '#domain/account/events.ts';
import { evolve } from '#domain/account/evolve.ts';
import { type Movement, movementIn } from '#domain/account/movement.ts';
import { type AccountState, unopened } from '#domain/account/state.ts';
import type { CommandId, EventId } from '#domain/ids.ts';
import type { Cash } from '#domain/money.ts';
import { amendedBy } from '#domain/reconciliation/amendment.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';

/** What is booked under a reference, with what has been added to it since. */
export type KnownMovement = Pick<Movement, 'category' | 'symbol'> & { amount: Cash };

/** What an account knows already, as far as an import has to. */
export type AccountKnowledge = {
  readonly state: AccountState;
  /** Every command that has an id, and what it said. */
  readonly commands: Map<CommandId, string | null>;
  /** Cash by its external reference, whatever command brought it. */
  readonly references: Map<string, readonly KnownMovement[]>;
  readonly movements: Map<EventId, KnownMovement>;
  readonly splits: StockSplit[];
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
  if (event.commandId !== null) knowledge.commands.set(event.commandId, event.commandDigest);
  const movement = movementIn(data);
  if (movement !== undefined) learnMovement(knowledge, movement, event.id);
  if (data.type === 'StockSplit') knowledge.splits.push(data);
  if (data.type === 'AccountOpened') knowledge.openedAt = data.openedAt;
  if (knowledge.lastAt === null || event.effectiveAt > knowledge.lastAt) {
    knowledge.lastAt = event.effectiveAt;
  }
};
