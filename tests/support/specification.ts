import assert from 'node:assert/strict';
import { type AccountCommand, decide } from '#commands/commands.ts';
import type { AccountDecision } from '#commands/deciding.ts';
import type { Quotes } from '#commands/ports/quotes.ts';
import type { AccountEvent } from '#domain/account/events.ts';
import { evolve, fold } from '#domain/account/evolve.ts';
import { type AccountState, unopened } from '#domain/account/state.ts';
import type { RefusalCode, RefusalDetails } from '#domain/refusals.ts';
import { quotesOf } from './makers.ts';

type EventType = AccountEvent['type'];
type EventOf<Type extends EventType> = Extract<AccountEvent, { type: Type }>;
/** An event of which only the fields given are looked at. */
export type Expected = {
  [Type in EventType]: { readonly type: Type } & Partial<EventOf<Type>>;
}[EventType];

export type Outcome = {
  /** Exactly these events, in this order; of each, the fields given. No event = nothing new to say. */
  readonly emits: (...expected: readonly Expected[]) => void;
  /** Refused with this code; of the numbers, those given. What it keeps is seen with `keeps`. */
  readonly refuses: (code: RefusalCode, details?: RefusalDetails) => void;
  /** The decision itself. */
  readonly decision: AccountDecision;
  /** The state after it. */
  readonly state: AccountState;
};

export type Specification = {
  readonly when: (command: AccountCommand) => Outcome;
  /** The same history in another market. */
  readonly at: (lasts: Readonly<Record<string, string>>) => Specification;
  readonly state: () => AccountState;
  readonly events: readonly AccountEvent[];
};

const outcomeOf = (
  events: readonly AccountEvent[],
  command: AccountCommand,
  quotes: Quotes,
): Outcome => {
  const state = fold(unopened(), events);
  const decision = decide(command, state, quotes);
  for (const event of decision.events) evolve(state, event);
  return {
    decision,
    state,
    emits: (...expected) => {
      assert.equal(decision.kind, 'accepted', JSON.stringify(decision, plain));
      assert.deepEqual(
        decision.events.map(({ type }) => type),
        expected.map(({ type }) => type),
      );
      assert.partialDeepStrictEqual(decision.events, expected);
    },
    refuses: (code, details = {}) => {
      assert.equal(decision.kind, 'refused', JSON.stringify(decision, plain));
      if (decision.kind !== 'refused') return;
      assert.equal(decision.refusal.code, code);
      assert.partialDeepStrictEqual(decision.refusal.details, details);
    },
  };
};

const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value;

const specification = (events: readonly AccountEvent[], quotes: Quotes): Specification => ({
  when: (command) => outcomeOf(events, command, quotes),
  at: (lasts) => specification(events, quotesOf(lasts)),
  state: () => fold(unopened(), events),
  events,
});

/** An account to which these events have happened, in a market where ACME is at 10. */
export const given = (...events: readonly AccountEvent[]): Specification =>
  specification(events, quotesOf());

/** An account that was told these commands, each of them accepted, in a market where ACME is at 10. */
export const having = (...commands: readonly AccountCommand[]): Specification => {
  const state = unopened();
  const quotes = quotesOf();
  const events: AccountEvent[] = [];
  for (const command of commands) {
    const decision = decide(command, state, quotes);
    assert.equal(decision.kind, 'accepted', JSON.stringify([command, decision], plain));
    events.push(...decision.events);
    fold(state, decision.events);
  }
  return given(...events);
};
