import type { Command } from './command.ts';
import { noPositionals } from './values.ts';

/** `ledger setup-token`: `offer` makes a token, or gives null where there is an administrator. */
export const setupTokenCommand = (offer: () => Promise<string | null>): Command => ({
  name: 'setup-token',
  summary: 'Prints a new token to set up the first administrator with.',
  usage: '',
  help: `
It is good once, for POST /api/v1/auth/setup, until the server starts the next time.

Example:
  ledger setup-token`,
  options: {},
  run: async (asked, { out, tell }) => {
    noPositionals(asked);
    const token = await offer();
    if (token === null) {
      throw new Error(
        'There is an administrator: no token is good any more. Use reset-admin if nobody can log in as one.',
      );
    }
    out(token);
    tell('Good once, until the server starts the next time: POST /api/v1/auth/setup.');
    return 0;
  },
});
