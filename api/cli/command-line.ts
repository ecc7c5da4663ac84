import { parseArgs } from 'node:util';
import { z } from 'zod';
import { isEmail, usernamePattern } from '#identity/names.ts';

/** What somebody at the machine asks for. */
export type Wish =
  | { readonly kind: 'help' }
  | { readonly kind: 'secret' }
  | { readonly kind: 'setup-token' }
  | {
      readonly kind: 'reset-admin';
      readonly email: string;
      /** For a user who is yet to be made. */
      readonly username: string;
      readonly passwordFromStdin: boolean;
    };

/** The command line is none that we know; the message says what is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const help = `Commands for whoever sits at the machine.

  ledger reset-admin --email ADDRESS [--username NAME] [--password-stdin]
      Gives that user a new password, makes an active administrator of them and ends their sessions. Makes the
      user where there is none. Asks for the password, or takes the first line of the standard input.
  ledger setup-token
      Prints a new token to set up the first administrator with: POST /api/v1/auth/setup.
  ledger secret
      Prints a new key for JWT_KEYS. The first key signs; keep the old ones behind it for half an hour.

The database is DATABASE_URL's, or the embedded one below DATA_DIRECTORY (default: data), whether the server runs
or not. Exit codes: 0 done, 1 failed, 2 not understood.
`;

const resetAdmin = z.object({
  email: z.string().refine(isEmail, '--email needs an address, such as you@example.org'),
  username: z
    .string()
    .regex(usernamePattern, '--username needs 3 to 50 letters, digits, _ or -')
    .default('admin'),
  'password-stdin': z.boolean().default(false),
});

const read = (argv: readonly string[]) => {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        email: { type: 'string' },
        username: { type: 'string' },
        'password-stdin': { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

/** What a command line means; throws UsageError. */
export const parseCommandLine = (argv: readonly string[]): Wish => {
  const { values, positionals } = read(argv);
  if (values.help === true) return { kind: 'help' };
  const [command, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`One command at a time: what is ${rest.join(' ')}?`);
  const { help: _, ...options } = values;
  switch (command) {
    case undefined:
      throw new UsageError('Which command?');
    case 'help':
    case 'secret':
    case 'setup-token': {
      const [stray] = Object.keys(options);
      if (stray !== undefined) throw new UsageError(`${command} knows no --${stray}.`);
      return { kind: command };
    }
    case 'reset-admin': {
      const parsed = resetAdmin.safeParse({ email: '', ...options });
      if (!parsed.success)
        throw new UsageError(parsed.error.issues.map(({ message }) => message).join('\n'));
      const { email, username, 'password-stdin': passwordFromStdin } = parsed.data;
      return { kind: 'reset-admin', email, username, passwordFromStdin };
    }
    default:
      throw new UsageError(`There is no command ${command}.`);
  }
};
