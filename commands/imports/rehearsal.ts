import { evolve } from '#domain/account/evolve.ts';
import type { AccountState } from '#domain/account/state.ts';
import type { CommandId } from '#domain/ids.ts';
import { type CommandIdentity, identityOf } from '../command-content.ts';
import { type AccountCommand, decide } from '../commands.ts';
import type { Digest } from '../ports/digest.ts';
import type { Quotes } from '../ports/quotes.ts';
import { type Outcome, type PlanCode, planCodes } from './import-plan.ts';
import type { AccountKnowledge } from './knowledge.ts';
import type { KeyedCommand } from './line-commands.ts';
import type { SplitPlan } from './split-plan.ts';

/** What happened has its price in the report: no market is asked. */
export const noQuotes: Quotes = { latest: () => undefined };

export type Verdict = {
  readonly outcome: Outcome;
  readonly code?: string | null;
  readonly why?: string | null;
};

/** An import while it is thought through: the account as it would be after the rows so far. */
export type Rehearsal = {
  readonly state: AccountState;
  readonly known: Map<CommandId, string | null>;
  readonly splits: SplitPlan;
  /** Splits that the rows so far have told of, by symbol and time: a row after them counts shares after them. */
  readonly passed: Set<string>;
  readonly knowledge: AccountKnowledge;
  readonly digest: Digest;
};

export const refusedBy = (code: PlanCode): Verdict => ({
  outcome: 'refused',
  code,
  why: planCodes[code],
});

const knownIf = (isSame: boolean): Verdict =>
  isSame
    ? { outcome: 'known' }
    : { outcome: 'conflict', code: 'reference_conflict', why: planCodes.reference_conflict };

/** Execution ids are given once, whatever command brought them. */
const knownExecution = ({ state }: Rehearsal, command: AccountCommand): Verdict | null => {
  if (command.type !== 'Fill') return null;
  const known = state.executions.get(command.executionId);
  if (known === undefined) return null;
  return knownIf(
    known.symbol === command.symbol &&
      known.side === command.side &&
      known.quantity === command.quantity &&
      known.price === command.price &&
      known.commission === command.commission,
  );
};

const knownAlready = (
  rehearsal: Rehearsal,
  command: AccountCommand,
  { commandId, digest }: CommandIdentity,
  isDerived: boolean,
): Verdict | null => {
  const before = commandId === null ? undefined : rehearsal.known.get(commandId);
  if (before === undefined) return knownExecution(rehearsal, command);
  return knownIf(before === digest || isDerived);
};

/** Decides a command on the account as it would be, and lets it happen there. */
const rehearse = ({ state }: Rehearsal, command: AccountCommand): Verdict => {
  const decision = decide(command, state, noQuotes);
  if (decision.kind === 'refused') {
    const { code } = decision.refusal;
    const isNothingHeld = command.type === 'SplitStock' && code === 'position_not_found';
    if (isNothingHeld) return { outcome: 'no_effect', why: 'no shares of it are held' };
    return { outcome: 'refused', code };
  }
  const dispute = decision.events.find(
    (event) => event.type === 'ReportDisputed' || event.type === 'FillDisputed',
  );
  if (dispute !== undefined) return { outcome: 'conflict', code: dispute.because };
  if (decision.events.length === 0) return { outcome: 'no_effect', why: 'it is so already' };
  for (const event of decision.events) evolve(state, event);
  return { outcome: 'book' };
};

const movesNothing = (command: AccountCommand): boolean =>
  'amount' in command && command.amount === 0n;

/** What a command would do, and lets it be done in the rehearsal. `isDerived`: its content follows from what was held then, so its id is enough to know it by. */
export const verdictOn = (
  rehearsal: Rehearsal,
  { command, key }: KeyedCommand,
  isDerived: boolean,
): Verdict => {
  const identity = identityOf(command, key, rehearsal.digest);
  const known = knownAlready(rehearsal, command, identity, isDerived);
  if (known !== null) return known;
  if (movesNothing(command)) return { outcome: 'no_effect', why: 'it moves nothing' };
  const verdict = rehearse(rehearsal, command);
  if (verdict.outcome === 'book' && identity.commandId !== null) {
    rehearsal.known.set(identity.commandId, identity.digest);
  }
  return verdict;
};

/** Whether a command is booked with this very content: true of a fill alone, as its content is part of its id. */
export const isBooked = ({ known, digest }: Rehearsal, { command, key }: KeyedCommand): boolean => {
  const { commandId } = identityOf(command, key, digest);
  return command.type === 'Fill' && commandId !== null && known.has(commandId);
};
