import type { CommandId } from '#domain/ids.ts';
import type { AccountCommand } from './commands.ts';
import type { Digest } from './ports/digest.ts';

/**
 * What a retry may give anew: the id we made for a new order, and the time the command arrived. Everywhere
 * else an id names what the caller means, and a fill's time is part of what it says.
 */
const madeForIt = (type: AccountCommand['type'], field: string): boolean => {
  if (field === 'at') return type !== 'Fill';
  if (field === 'replacementId') return type === 'ReplaceOrder';
  return field === 'orderId' && (type === 'SubmitOrder' || type === 'ClosePosition');
};

const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value;

/** The part of a command that makes it this command and no other, as text. */
export const contentOf = (command: AccountCommand): string => {
  const content: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(command)) {
    if (!madeForIt(command.type, field)) content[field] = value;
  }
  return JSON.stringify(content, plain);
};

export type CommandIdentity = {
  /** Null where a command cannot be told from another of the same kind. */
  readonly commandId: CommandId | null;
  readonly digest: string | null;
};

/**
 * The id a command is known by for ever in its account. Prefixes keep callers' keys (`c:`) apart from
 * brokers' execution ids (`x:`), so that no caller can occupy the id of a fill.
 */
export const identityOf = (
  command: AccountCommand,
  key: string | null,
  digest: Digest,
): CommandIdentity => {
  if (command.type === 'Fill') {
    const content = digest(contentOf(command));
    const commandId = `x:${command.executionId}:${content.slice(0, 16)}` as CommandId;
    return { commandId, digest: content };
  }
  if (key === null) return { commandId: null, digest: null };
  return { commandId: `c:${key}` as CommandId, digest: digest(contentOf(command)) };
};
