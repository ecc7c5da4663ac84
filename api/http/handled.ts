import type { AccountCommand } from '#commands/commands.ts';
import type { Handled } from '#commands/ledger.ts';
import type { AccountId, Actor } from '#domain/ids.ts';
import { accountNotFound } from './found.ts';
import { refusalProblem } from './problem.ts';
import type { Services } from './services.ts';

export type Done = Extract<Handled, { kind: 'done' }>;

/** Who gives a command, and under which key it may be repeated. */
export type Sender = {
  readonly services: Services;
  readonly actor: Actor;
  readonly key: string | null;
};

/** Gives a command to the ledger. Throws the problem that a refusal is. */
export const command = async (
  { services, actor, key }: Sender,
  accountId: AccountId,
  asked: AccountCommand,
): Promise<Done> => {
  const handled = await services.ledger.handle({ accountId, actor, key }, asked);
  if (handled.kind === 'done') return handled;
  const { refusal, sequence, repeated } = handled;
  if (refusal.code === 'account_not_found') throw accountNotFound(accountId);
  // A conflict is news about this request, not the first one's answer.
  const replayed = repeated && refusal.code !== 'idempotency_conflict';
  throw refusalProblem(refusal, { sequence, replayed });
};
