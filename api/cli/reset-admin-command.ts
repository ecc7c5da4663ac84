import { z } from 'zod';
import { isEmail, usernamePattern } from '#identity/names.ts';
import type { Command } from './command.ts';
import { UsageError } from './command-line.ts';
import type { AdminReset } from './reset-admin.ts';
import { noPositionals } from './values.ts';

export type NewAdmin = {
  readonly email: string;
  /** For a user who is yet to be made. */
  readonly username: string;
  readonly password: string;
};

const wanted = z.object({
  email: z.string().refine(isEmail, '--email needs an address, such as you@example.org'),
  username: z
    .string()
    .regex(usernamePattern, '--username needs 3 to 50 letters, digits, _ or -')
    .default('admin'),
  'password-stdin': z.boolean().default(false),
});

/** `ledger reset-admin`: `ask` gets the new password, `reset` gives it to the user. */
export const resetAdminCommand = (
  ask: (fromStdin: boolean) => Promise<string>,
  reset: (admin: NewAdmin) => Promise<AdminReset>,
): Command => ({
  name: 'reset-admin',
  summary: 'Gives a user a new password and makes an active administrator of them.',
  usage: '--email ADDRESS [--username NAME] [--password-stdin]',
  help: `
  --email ADDRESS     whose; the user is made where there is none
  --username NAME     for a user who is yet to be made (default admin)
  --password-stdin    takes the first line of the standard input instead of asking for the password

The user's sessions end; their API keys do not.

Examples:
  ledger reset-admin --email ann@example.org
  pass show ledger | ledger reset-admin --email ann@example.org --password-stdin`,
  options: {
    email: { type: 'string' },
    username: { type: 'string' },
    'password-stdin': { type: 'boolean' },
  },
  run: async (asked, { out, tell }) => {
    noPositionals(asked);
    const parsed = wanted.safeParse({ email: '', ...asked.values });
    if (!parsed.success)
      throw new UsageError(parsed.error.issues.map(({ message }) => message).join('\n'));
    const { email, username, 'password-stdin': fromStdin } = parsed.data;
    const password = await ask(fromStdin);
    const { user, isNew, goodKeys } = await reset({ email, username, password });
    const done = isNew ? 'was made, an administrator' : 'is an administrator with a new password';
    out(`${user.email} ${done}; user id ${user.id}.`);
    if (goodKeys > 0) {
      tell(`API keys of theirs that are still good: ${goodKeys}. Revoke those nobody should have.`);
    }
    return 0;
  },
});
