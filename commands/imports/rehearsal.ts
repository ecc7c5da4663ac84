import { evolve } from '#domain/account/evolve.ts';
import type { AccountState } from '#domain/account/state.ts';
import type { CommandId, ExecutionId } from '#domain/ids.ts';
import { type CommandIdentity, identityOf } from '../command-content.ts';
import { type AccountCommand, decide } from '../commands.ts';
import type { StatementLine } from '../ports/broker-statement.ts';
import type { Digest } from '../ports/digest.ts';
import type { Quotes } from '../ports/quotes.ts';
import { type BookedTrades, bookedElsewhere } from './booked-elsewhere.ts';
import { amountOf } from './figures.ts';
import { type Outcome, type PlanCode, planCodes } from './import-plan.ts';
import type { AccountKnowledge, KnownMovement, PairedRows } from './knowledge.ts';
import { executionIdOf, type KeyedCommand } from './line-commands.ts';
import type { SourcedLine } from './sourced-line.ts';
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
  readonly corrections: ReturnType<typeof correctionsIn>;
  /** Splits that the rows so far have told of, by symbol and time: a row after them counts shares after them. */
  readonly passed: Set<string>;
  readonly paired: ReadonlyMap<string, PairedRows>;
  readonly bookedTrades: BookedTrades;
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

type CorrectionLine = Extract<StatementLine, { kind: 'correction' }>;
type Figures = Pick<CorrectionLine, 'quantity' | 'price' | 'commission'>;

/** What the lines themselves restate trades to. */
export const correctionsIn = (
  lines: readonly SourcedLine[],
): ReadonlyMap<ExecutionId, readonly CorrectionLine[]> => {
  const found = new Map<ExecutionId, CorrectionLine[]>();
  for (const { line, source } of lines) {
    if (line.kind !== 'correction') continue;
    const id = executionIdOf(source, line.trade);
    found.set(id, [...(found.get(id) ?? []), line]);
  }
  return found;
};

const hasFigures = (known: Figures, said: Figures): boolean =>
  known.quantity === said.quantity &&
  known.price === said.price &&
  known.commission === said.commission;

/**
 * Execution ids are given once, whatever command brought them. One that was booked as a later line corrects it needs
 * no booking as it was before.
 */
const knownExecution = (
  { state, corrections }: Rehearsal,
  command: AccountCommand,
): Verdict | null => {
  if (command.type !== 'Fill') return null;
  const { executionId, commission } = command;
  const known = state.executions.get(executionId);
  if (known === undefined) return null;
  // A report that leaves the commission to the account's schedule does not contradict what that made of it.
  const said = { ...command, commission: commission ?? known.commission };
  return knownIf(
    known.symbol === command.symbol &&
      known.side === command.side &&
      [said, ...(corrections.get(executionId) ?? [])].some((one) => hasFigures(known, one)),
  );
};

const categories: Partial<Record<AccountCommand['type'], KnownMovement['category']>> = {
  DepositCash: 'deposit',
  ReportWithdrawal: 'withdrawal',
  ChargeFee: 'fee',
  PayInterest: 'interest',
  AdjustCash: 'adjustment',
  ReportDividend: 'dividend',
};

/** An adjustment may stand for anything: reconciling books it where there is no command for what a statement says. */
const saysTheSame = (known: KnownMovement, command: AccountCommand): boolean => {
  const category = categories[command.type];
  const isOneKind = known.category === category || known.category === 'adjustment';
  const symbol = command.type === 'ReportDividend' ? command.symbol : null;
  const isOneSymbol = known.category !== 'dividend' || known.symbol === symbol;
  return isOneKind && isOneSymbol && known.amount === amountOf(command);
};

/** What stands in the account under the reference of a movement of cash: known, contradicted, or null for nothing. */
const knownReference = (
  { knowledge }: Rehearsal,
  command: AccountCommand,
): 'same' | 'other' | null => {
  if (!('externalReference' in command) || command.externalReference === null) return null;
  const known = knowledge.references.get(command.externalReference) ?? [];
  const standing = known.filter(({ amount }) => amount !== 0n);
  if (standing.length === 0) return null;
  return standing.some((one) => saysTheSame(one, command)) ? 'same' : 'other';
};

const knownSplit = ({ knowledge }: Rehearsal, command: AccountCommand, isDerived: boolean) => {
  if (command.type !== 'SplitStock') return null;
  const { symbol, at, newShares, oldShares } = command;
  const known = knowledge.splits.find((one) => one.symbol === symbol && one.at === at);
  if (known === undefined) return null;
  return knownIf(isDerived || known.newShares * oldShares === newShares * known.oldShares);
};

const knownAlready = (
  rehearsal: Rehearsal,
  command: AccountCommand,
  { commandId, digest }: CommandIdentity,
  isDerived: boolean,
): Verdict | null => {
  const before = commandId === null ? undefined : rehearsal.known.get(commandId);
  const booked = knownReference(rehearsal, command);
  if (before !== undefined) return knownIf(before === digest || isDerived || booked === 'same');
  if (booked !== null) return knownIf(booked === 'same');
  return knownExecution(rehearsal, command) ?? knownSplit(rehearsal, command, isDerived);
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
  const elsewhere = bookedElsewhere(rehearsal.bookedTrades, command);
  if (elsewhere !== undefined) {
    const why = `${planCodes.looks_booked} (${elsewhere})`;
    return { outcome: 'conflict', code: 'looks_booked', why };
  }
  const verdict = rehearse(rehearsal, command);
  if (verdict.outcome === 'book' && identity.commandId !== null) {
    rehearsal.known.set(identity.commandId, identity.digest);
  }
  return verdict;
};

/** Whether a trade is booked with this very content, whatever command brought it. */
export const isBooked = (
  { known, knowledge, digest }: Rehearsal,
  { command, key }: KeyedCommand,
): boolean => {
  if (command.type !== 'Fill') return false;
  const { commandId } = identityOf(command, key, digest);
  if (commandId !== null && known.has(commandId)) return true;
  const execution = knowledge.state.executions.get(command.executionId);
  return execution?.quantity === command.quantity && execution.price === command.price;
};
