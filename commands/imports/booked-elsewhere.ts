import type { ExecutionState } from '#domain/account/state.ts';
import type { ExecutionId } from '#domain/ids.ts';
import { sessionDateOf } from '#domain/market/calendar.ts';
import type { AccountCommand } from '../commands.ts';
import type { AccountKnowledge } from './knowledge.ts';

type Trade = Pick<ExecutionState, 'symbol' | 'side' | 'quantity' | 'price' | 'executedAt'>;

/** What tells trades apart where references cannot: two brokers call one trade by two names. */
const contentOf = ({ symbol, side, quantity, price, executedAt }: Trade): string =>
  [symbol, side, quantity, price, sessionDateOf(executedAt)].join();

/** The trades that are booked, by their content. */
export type BookedTrades = ReadonlyMap<string, readonly ExecutionId[]>;

export const bookedTrades = ({ state }: AccountKnowledge): BookedTrades => {
  const found = new Map<string, ExecutionId[]>();
  for (const [id, execution] of state.executions) {
    if (execution.standing !== 'booked') continue;
    const content = contentOf(execution);
    found.set(content, [...(found.get(content) ?? []), id]);
  }
  return found;
};

const sourceIn = (executionId: ExecutionId): string => executionId.split(':', 1)[0] ?? '';

/** The trade that another source has told already: booking a fill twice is the worst an import could do. */
export const bookedElsewhere = (
  booked: BookedTrades,
  command: AccountCommand,
): ExecutionId | undefined => {
  if (command.type !== 'Fill') return undefined;
  const alike = booked.get(contentOf({ ...command, executedAt: command.at })) ?? [];
  const own = sourceIn(command.executionId);
  return alike.find((id) => sourceIn(id) !== own);
};
