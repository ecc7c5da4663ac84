import { readFileSync } from 'node:fs';
import type { EventPlaces } from '#audit/ports/event-places.ts';
import type { SealOutbox } from '#audit/ports/seal-outbox.ts';
import type { SealStore } from '#audit/ports/seal-store.ts';
import { type KeyPlace, publicHalf, publicKeyOf, sealKey } from '#audit/seals/keys.ts';
import { parseTargets, type SealTarget } from '#audit/seals/targets.ts';
import type { Asked } from './command.ts';
import { UsageError } from './command-line.ts';
import type { WithSnapshot } from './with-snapshot.ts';

/** The seals, and looks at the log that begin when they are asked for: a seal that was read before is under the look. */
export type SealTools = {
  readonly seals: SealStore & SealOutbox & EventPlaces;
  readonly withSnapshot: WithSnapshot;
};

export type WithSeals = <T>(act: (tools: SealTools) => Promise<T>) => Promise<T>;

/** What the commands that seal and check seals are made of. */
export type SealPorts = {
  readonly withSeals: WithSeals;
  readonly keyPlace: () => KeyPlace;
  readonly now: () => Date;
};

/** The option's texts, in order; none where it was not given. */
export const textsOf = ({ values }: Asked, name: string): readonly string[] => {
  const value = values[name];
  const all = Array.isArray(value) ? value : [value];
  return all.filter((one) => typeof one === 'string');
};

/** Throws UsageError where more was said than the command knows. */
export const noArguments = ({ positionals }: Asked): void => {
  if (positionals.length > 0) throw new UsageError(`What is ${positionals.join(' ')}?`);
};

/** The one argument of a command; throws UsageError. */
export const oneArgument = ({ positionals }: Asked, name: string): string => {
  const [only, ...rest] = positionals;
  if (only === undefined || rest.length > 0) throw new UsageError(`Give one ${name}.`);
  return only;
};

/** The option's texts as places that keep seals; throws UsageError for what is none. */
export const targetsOf = (asked: Asked, name: string): readonly SealTarget[] => {
  try {
    return parseTargets(textsOf(asked, name));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

/** The public keys in the files of `--key`, and the ledger's own where it has one. */
export const publicKeysOf = (asked: Asked, keyPlace: () => KeyPlace) => {
  const given = textsOf(asked, 'key').map((file) => publicKeyOf(readFileSync(file, 'utf8'), file));
  if (given.length > 0) return given;
  const own = sealKey(keyPlace());
  return own === undefined ? [] : [publicHalf(own)];
};
