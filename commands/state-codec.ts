import type { AccountState } from '#domain/account/state.ts';

/** Version of AccountState's shape. Raise it with every change of the shape: older snapshots are then ignored. */
export const stateVersion = 2;

/** bigints as `n<digits>`, other texts as `s<text>`, so that no text can be taken for a number. */
const encoded = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return `n${value}`;
  if (typeof value === 'string') return `s${value}`;
  if (value instanceof Map) return { map: [...value] };
  if (value instanceof Set) return { set: [...value] };
  return value;
};

const decodeText = (text: string): string | bigint =>
  text.startsWith('n') ? BigInt(text.slice(1)) : text.slice(1);

const decoded = (value: unknown): unknown => {
  if (typeof value === 'string') return decodeText(value);
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value !== 'object' || value === null) return value;
  if ('map' in value) return new Map((value.map as [unknown, unknown][]).map(decodePair));
  if ('set' in value) return new Set((value.set as unknown[]).map(decoded));
  const object: Record<string, unknown> = {};
  for (const key in value) object[key] = decoded((value as Record<string, unknown>)[key]);
  return object;
};

const decodePair = ([key, value]: [unknown, unknown]): [unknown, unknown] => [
  decoded(key),
  decoded(value),
];

/** An account's state as JSON text. */
export const encodeState = (state: AccountState): string => JSON.stringify(state, encoded);

/** Reads back what encodeState wrote under the same stateVersion. */
export const decodeState = (text: string): AccountState =>
  decoded(JSON.parse(text)) as AccountState;
