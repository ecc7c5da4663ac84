import { deepEqual, equal, match, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Asked, Command } from './command.ts';
import { parseCommandLine, runCommandLine, UsageError } from './command-line.ts';
import { type NewAdmin, resetAdminCommand } from './reset-admin-command.ts';
import { secretCommand } from './secret.ts';
import { boundOf, countOf, eventTypesOf } from './values.ts';

const admins: NewAdmin[] = [];
const resetAdmin = resetAdminCommand(
  async () => 'a password of four words',
  async (admin) => {
    admins.push(admin);
    const user = { id: 'u1' as never, email: admin.email };
    return { user, isNew: true, goodKeys: 0 };
  },
);
const broken: Command = {
  ...secretCommand(() => ''),
  name: 'broken',
  run: async () => {
    throw new Error('it broke');
  },
};
const commands = [secretCommand(() => 'a key'), resetAdmin, broken];

const run = async (...words: readonly string[]) => {
  const [out, told]: [string[], string[]] = [[], []];
  const speech = {
    out: (line: string) => void out.push(line),
    tell: (line: string) => void told.push(line),
    draw: () => {},
    isWatched: false,
  };
  const code = await runCommandLine(commands, words, speech, new AbortController().signal);
  return { code, out: out.join('\n'), told: told.join('\n') };
};

describe('a command line', () => {
  it('names a command and what it needs', async () => {
    deepEqual(await run('secret'), { code: 0, out: 'a key', told: '' });
    equal((await run('reset-admin', '--email=ann@example.org')).code, 0);
    equal((await run('reset-admin', '--username', 'ann', '--email', 'ann@example.org')).code, 0);
    deepEqual(
      admins.splice(0).map(({ email, username }) => [email, username]),
      [
        ['ann@example.org', 'admin'],
        ['ann@example.org', 'ann'],
      ],
    );
  });

  it('asks for the list of commands in three ways', async () => {
    const lists = await Promise.all([run('help'), run('--help'), run('-h')]);
    for (const { code, out } of lists) {
      equal(code, 0);
      match(out, /secret +Prints a new key[\s\S]*reset-admin[\s\S]*Exit codes/);
    }
  });

  it('asks for the help of one command in three ways', async () => {
    const words = [
      ['reset-admin', '--help'],
      ['reset-admin', '-h', '--email', 'ann'],
      ['help', 'reset-admin'],
    ];
    for (const asked of words) {
      const { code, out } = await run(...asked);
      equal(code, 0);
      match(out, /^usage: ledger reset-admin --email[\s\S]*Examples:/);
    }
  });

  it('is refused where it is none, rather than half understood', async () => {
    const wrong = [
      [],
      ['reset'],
      ['constructor'],
      ['--json'],
      ['help', 'reset'],
      ['secret', 'setup-token'],
      ['secret', '--email', 'ann@example.org'],
      ['reset-admin'],
      ['reset-admin', '--email'],
      ['reset-admin', '--email', 'ann'],
      ['reset-admin', '--email', 'ann@example.org', '--username', 'a b c'],
      ['reset-admin', '--email', 'ann@example.org', '--password', 'shown to everybody'],
    ];
    for (const words of wrong) {
      const { code, out, told } = await run(...words);
      deepEqual([code, out], [2, ''], words.join(' '));
      match(told, /ledger --help/, words.join(' '));
    }
    deepEqual(admins, []);
  });

  it('ends with 2 where the command fails', async () => {
    deepEqual(await run('broken'), { code: 2, out: '', told: 'ledger: it broke' });
  });
});

describe('what was asked for', () => {
  const asked = (values: Asked['values']): Asked => ({ values, positionals: [] });

  it('is a place in the log by its number or by a time', () => {
    deepEqual(boundOf(asked({ from: '1200' }), 'from'), { sequence: 1200 });
    const instant = '2014-01-03T21:00:00.000000Z';
    deepEqual(boundOf(asked({ from: '2014-01-03T16:00:00-05:00' }), 'from'), { instant });
    equal(boundOf(asked({}), 'from'), undefined);
    for (const from of ['yesterday', '-1', '1.5', '2014-01-03', '']) {
      throws(() => boundOf(asked({ from }), 'from'), UsageError, from);
    }
  });

  it('is a number from 1 up', () => {
    equal(countOf(asked({ limit: '20' }), 'limit'), 20);
    for (const limit of ['0', '-1', 'all', '1e3']) {
      throws(() => countOf(asked({ limit }), 'limit'), UsageError, limit);
    }
  });

  it('is types of events that there are', () => {
    const types = ['orderfilled', 'CashDeposited'];
    deepEqual(eventTypesOf(asked({ type: types }), 'type'), ['OrderFilled', 'CashDeposited']);
    throws(() => eventTypesOf(asked({ type: ['OrderFiled'] }), 'type'), /there are AccountOpened/);
  });

  it('is a command that exists', () => {
    throws(() => parseCommandLine(commands, ['toString']), UsageError);
  });
});
