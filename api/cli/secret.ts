import type { Command } from './command.ts';
import { noPositionals } from './values.ts';

/** `ledger secret`: a key for JWT_KEYS. */
export const secretCommand = (makeKey: () => string): Command => ({
  name: 'secret',
  summary: 'Prints a new key for JWT_KEYS.',
  usage: '',
  help: `
The first key of JWT_KEYS signs; keep the old ones behind it for half an hour.

Example:
  JWT_KEYS="$(ledger secret),$JWT_KEYS"`,
  options: {},
  run: async (asked, { out }) => {
    noPositionals(asked);
    out(makeKey());
    return 0;
  },
});
