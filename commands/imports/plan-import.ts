import { type AccountState, holdingOf } from '#domain/account/state.ts';
import type { CommandId, Symbol as Ticker } from '#domain/ids.ts';
import type { Cash, Quantity } from '#domain/money.ts';
import type { Digest } from '../ports/digest.ts';
import { importKey, outsideReference } from '../ports/statement-line.ts';
import { decodeState, encodeState } from '../state-codec.ts';
import { bookedTrades } from './booked-elsewhere.ts';
import { amountOf, figuresOf } from './figures.ts';
import type { Holdings, ImportPlan, PlannedCommand } from './import-plan.ts';
import type { AccountKnowledge } from './knowledge.ts';
import { commandsOf, type KeyedCommand } from './line-commands.ts';
import { pairedRows, verdictOnPaired } from './paired-row.ts';
import { correctionsIn, type Rehearsal, type Verdict, verdictOn } from './rehearsal.ts';
import {
  inTimeOrder,
  referenceOf,
  type SourcedLine,
  type SourcedStatement,
} from './sourced-line.ts';
import { planSplits } from './split-plan.ts';
import { placeOf, type Told, toldLine } from './told-line.ts';
import { createWarnings } from './warnings.ts';

export const holdingsOf = (state: AccountState): Holdings => {
  const held = [...state.holdings].filter(([, { quantity }]) => quantity !== 0n);
  const positions = held
    .map(([symbol, { quantity }]) => [symbol, quantity] as const)
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  return { cash: state.cash, positions: new Map(positions) };
};

/** By its reference, or as the split of its symbol at its very time, whatever command brought that. */
const isKnownSplit = (
  known: ReadonlyMap<CommandId, unknown>,
  { splits }: AccountKnowledge,
  sourced: SourcedLine,
): boolean => {
  const { line } = sourced;
  if (line.kind !== 'split' && line.kind !== 'split_shares') return false;
  return (
    known.has(`c:${importKey(referenceOf(sourced))}` as CommandId) ||
    splits.some(({ symbol, at }) => symbol === line.symbol && at === line.at)
  );
};

const sharesOf = (state: AccountState, symbol: Ticker | null): bigint =>
  symbol === null ? 0n : holdingOf(state, symbol).quantity;

/** Lets a command happen in the rehearsal, unless there is a verdict already, and tells what it did. */
const planned = (
  rehearsal: Rehearsal,
  { file, source, line: stated }: SourcedLine,
  { line, why }: Told,
  keyed: KeyedCommand,
  stopped: Verdict | undefined,
): PlannedCommand => {
  const { state } = rehearsal;
  const symbol = 'symbol' in line ? line.symbol : null;
  const [cash, shares] = [state.cash, sharesOf(state, symbol)];
  const isDerived = keyed.kind === 'rounding' || stated.kind === 'split_shares';
  const verdict = stopped ?? verdictOn(rehearsal, keyed, isDerived);
  const figures = figuresOf(keyed);
  const change = (sharesOf(state, symbol) - shares) as Quantity;
  return {
    file,
    row: line.row,
    at: line.at,
    kind: keyed.kind,
    symbol,
    ...figures,
    quantity: keyed.kind === 'split' ? change : figures.quantity,
    amount: verdict.outcome === 'book' ? ((state.cash - cash) as Cash) : amountOf(keyed.command),
    reference: outsideReference(source, line.reference),
    description: line.description,
    command: keyed.command,
    key: keyed.key,
    outcome: verdict.outcome,
    code: verdict.code ?? null,
    why: verdict.why ?? (verdict.outcome === 'book' ? (why ?? null) : null),
  };
};

const planLine = (rehearsal: Rehearsal, sourced: SourcedLine): readonly PlannedCommand[] => {
  const isBookedSplit = isKnownSplit(rehearsal.known, rehearsal.knowledge, sourced);
  const told = toldLine(rehearsal, sourced);
  if (told.line.kind === 'split') rehearsal.passed.add(placeOf(told.line));
  const paired = verdictOnPaired(rehearsal.paired, sourced);
  let stopped = paired ?? (isBookedSplit ? undefined : told.verdict);
  return commandsOf(told.line, sourced.source).map((keyed) => {
    const made = planned(rehearsal, sourced, told, keyed, stopped);
    // What a trade is not booked with is not rounded either.
    if (made.outcome !== 'book' && made.outcome !== 'known') stopped = made;
    return made;
  });
};

/**
 * Thinks an import through, line by line in the order of time, on the account as it is known: what each would do and
 * under which id. Pure; booking the commands whose outcome is `book`, in this order, does what the plan says.
 */
export const planImport = (
  statements: readonly SourcedStatement[],
  knowledge: AccountKnowledge,
  digest: Digest,
): ImportPlan => {
  const lines = inTimeOrder(statements);
  const known = new Map(knowledge.commands);
  const splits = planSplits(lines, (line) => isKnownSplit(known, knowledge, line), knowledge);
  const state = decodeState(encodeState(knowledge.state));
  const corrections = correctionsIn(lines);
  const passed = new Set<string>();
  const paired = pairedRows(knowledge);
  const rehearsal: Rehearsal = {
    state,
    known,
    splits,
    corrections,
    passed,
    paired,
    bookedTrades: bookedTrades(knowledge),
    knowledge,
    digest,
  };
  const warnings = createWarnings(knowledge);
  const before = holdingsOf(state);
  const commands: PlannedCommand[] = [];
  for (const sourced of lines) {
    const made = planLine(rehearsal, sourced);
    commands.push(...made);
    for (const one of made) warnings.see(one, state);
  }
  const { asOf } = knowledge;
  return { commands, before, after: holdingsOf(state), warnings: warnings.all(), asOf };
};
