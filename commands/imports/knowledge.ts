import type { AccountEvent, StockSplit } from '#domain/account/events.ts';
import { evolve } from '#domain/account/evolve.ts';
import { type AccountState, unopened } from '#domain/account/state.ts';
import type { CommandId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';

/** What an account knows already, as far as an import has to. */
export type AccountKnowledge = {
  readonly state: AccountState;
  /** Every command that has an id, and what it said. */
  readonly commands: Map<CommandId, string | null>;
  readonly splits: StockSplit[];
  openedAt: Instant | null;
  /** Of its last event; null for none. */
  lastAt: Instant | null;
};

export const nothingKnown = (): AccountKnowledge => ({
  state: unopened(),
  commands: new Map(),
  splits: [],
  openedAt: null,
  lastAt: null,
});

/** Takes in the next event of the account's stream, in place. */
export const learn = (knowledge: AccountKnowledge, event: RecordedEvent): void => {
  const data = event.data as AccountEvent; // An account's stream holds nothing else.
  evolve(knowledge.state, data);
  if (event.commandId !== null) knowledge.commands.set(event.commandId, event.commandDigest);
  if (data.type === 'StockSplit') knowledge.splits.push(data);
  if (data.type === 'AccountOpened') knowledge.openedAt = data.openedAt;
  if (knowledge.lastAt === null || event.effectiveAt > knowledge.lastAt) {
    knowledge.lastAt = event.effectiveAt;
  }
};
