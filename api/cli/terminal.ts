import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { UsageError } from './command-line.ts';

/** Asks on the terminal without showing what is typed; Ctrl-C and Ctrl-D end it with an error. */
const askUnseen = async (question: string): Promise<string> => {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const { stdin, stderr } = process;
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 });
  const given = new AbortController();
  lines.once('SIGINT', () => given.abort());
  lines.once('close', () => given.abort());
  stderr.write(question);
  try {
    return await lines.question('', { signal: given.signal });
  } catch {
    throw new Error('No password was given; nothing has changed.');
  } finally {
    stderr.write('\n');
    lines.close();
  }
};

/** A new password: the first line of the standard input, or typed twice at the terminal. Throws where they differ. */
export const newPassword = async (fromStdin: boolean): Promise<string> => {
  if (fromStdin) return (await text(process.stdin)).split(/\r?\n/, 1)[0] ?? '';
  if (!process.stdin.isTTY) {
    throw new UsageError('There is no terminal to ask for a password at: use --password-stdin.');
  }
  const first = await askUnseen('New password: ');
  const second = await askUnseen('Once more: ');
  if (first !== second) throw new Error('The two are not the same; nothing has changed.');
  return first;
};
