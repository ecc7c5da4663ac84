import type { Decided, Reconciliations } from '#commands/reconciliation/reconciliations.ts';
import type { AccountId, Actor, BreakId } from '#domain/ids.ts';
import { refusals } from '#domain/refusals.ts';
import type { Instant } from '#domain/time.ts';
import type { Asked, ExitCode, Speech } from './command.ts';
import { UsageError } from './command-line.ts';
import type { ReconcilePorts } from './reconcile-ports.ts';
import { flagOf, textOf } from './values.ts';
import { textsOf } from './with-seals.ts';

/** Who decides. Throws UsageError where nobody is named. */
export const actorOf = (asked: Asked): Actor => {
  const name = textOf(asked, 'by')?.trim();
  if (name === undefined || name === '') throw new UsageError('Who decides? --by NAME');
  return `operator:${name}` as Actor;
};

const breakIdsOf = (asked: Asked, name: string): readonly BreakId[] =>
  textsOf(asked, name).map((text) => {
    if (!/^[0-9a-f]{20}$/.test(text)) throw new UsageError(`${text} is no break's id.`);
    return text as BreakId;
  });

const decidedJson = (breakId: BreakId, decided: Decided) => ({
  break_id: breakId,
  outcome: decided.kind === 'done' ? (decided.repeated ? 'repeated' : 'done') : decided.kind,
  code: decided.kind === 'refused' ? decided.refusal.code : null,
  because: decided.kind === 'disputed' ? decided.because : null,
  sequence: decided.kind === 'refused' ? null : decided.sequence,
});

const decidedLine = (word: string, breakId: BreakId, decided: Decided): string => {
  switch (decided.kind) {
    case 'done':
      return decided.repeated
        ? `${breakId}  ${word} before`
        : `${breakId}  ${word}, event ${decided.sequence}`;
    case 'disputed':
      return `${breakId}  disputed: ${decided.because}; it stays open, dismiss it or book what is right`;
    case 'refused':
      return `${breakId}  ${refusals[decided.refusal.code].text}`;
  }
};

type Deciding = {
  readonly word: string;
  readonly breaks: readonly BreakId[];
  readonly act: (reconciliations: Reconciliations, breakId: BreakId) => Promise<Decided>;
};

const decide = async (
  asked: Asked,
  ports: ReconcilePorts,
  { word, breaks, act }: Deciding,
  { out }: Speech,
): Promise<ExitCode> => {
  const outcomes = await ports.withReconciliations(async (reconciliations) => {
    const all: { readonly breakId: BreakId; readonly decided: Decided }[] = [];
    // One after the other: each looks at what the one before has left.
    for (const breakId of breaks) {
      all.push({ breakId, decided: await act(reconciliations, breakId) });
    }
    return all;
  });
  if (flagOf(asked, 'json')) {
    out(JSON.stringify(outcomes.map(({ breakId, decided }) => decidedJson(breakId, decided))));
  } else {
    for (const { breakId, decided } of outcomes) out(decidedLine(word, breakId, decided));
  }
  return outcomes.every(({ decided }) => decided.kind === 'done') ? 0 : 1;
};

/** Has the proposed corrections of breaks booked, one after another. */
export const approveBreaks = async (
  asked: Asked,
  ports: ReconcilePorts,
  accountId: AccountId,
  lastEvent: () => Promise<Instant>,
  speech: Speech,
): Promise<ExitCode> => {
  const actor = actorOf(asked);
  const breaks = breakIdsOf(asked, 'approve');
  const at = await lastEvent();
  const act: Deciding['act'] = ({ approve }, breakId) => approve({ accountId, breakId, actor, at });
  return decide(asked, ports, { word: 'approved', breaks, act }, speech);
};

/** Ends breaks without a booking. */
export const dismissBreaks = async (
  asked: Asked,
  ports: ReconcilePorts,
  accountId: AccountId,
  lastEvent: () => Promise<Instant>,
  speech: Speech,
): Promise<ExitCode> => {
  const actor = actorOf(asked);
  const breaks = breakIdsOf(asked, 'dismiss');
  const reason = textOf(asked, 'reason')?.trim();
  if (reason === undefined || reason === '') throw new UsageError('Why? --reason TEXT');
  const at = await lastEvent();
  const act: Deciding['act'] = ({ dismiss }, breakId) =>
    dismiss({ accountId, breakId, actor, at, reason });
  return decide(asked, ports, { word: 'dismissed', breaks, act }, speech);
};
