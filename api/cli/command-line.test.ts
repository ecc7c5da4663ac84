import { deepEqual, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCommandLine, UsageError } from './command-line.ts';

describe('a command line', () => {
  it('names a command and what it needs', () => {
    deepEqual(parseCommandLine(['secret']), { kind: 'secret' });
    deepEqual(parseCommandLine(['setup-token']), { kind: 'setup-token' });
    deepEqual(parseCommandLine(['reset-admin', '--email', 'ann@example.org']), {
      kind: 'reset-admin',
      email: 'ann@example.org',
      username: 'admin',
      passwordFromStdin: false,
    });
    const more = ['--password-stdin', '--username', 'ann', '--email=ann@example.org'];
    deepEqual(parseCommandLine([...more, 'reset-admin']), {
      kind: 'reset-admin',
      email: 'ann@example.org',
      username: 'ann',
      passwordFromStdin: true,
    });
  });

  it('asks for help in three ways', () => {
    for (const words of [['help'], ['--help'], ['reset-admin', '-h']]) {
      deepEqual(parseCommandLine(words), { kind: 'help' });
    }
  });

  it('is refused where it is none, rather than half understood', () => {
    const wrong = [
      [],
      ['reset'],
      ['secret', 'setup-token'],
      ['secret', '--email', 'ann@example.org'],
      ['reset-admin'],
      ['reset-admin', '--email'],
      ['reset-admin', '--email', 'ann'],
      ['reset-admin', '--email', 'ann@example.org', '--username', 'a b c'],
      ['reset-admin', '--email', 'ann@example.org', '--password', 'shown to everybody'],
    ];
    for (const words of wrong) throws(() => parseCommandLine(words), UsageError, words.join(' '));
  });
});
