import { parseArgs } from 'node:util';
import type { Asked, Command, ExitCode, Speech } from './command.ts';
import { wordsFor } from './failure-words.ts';

/** The command line is none that we know; the message says what is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const epilogue = `
\`ledger COMMAND --help\` says what a command takes, with examples.
The database is DATABASE_URL's, or the embedded one below DATA_DIRECTORY (default: data), whether the server runs
or not. Exit codes: 0 fine, 1 there are findings, 2 it could not be done.`;

const listOf = (commands: readonly Command[]): string => {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return ['usage: ledger COMMAND [options]', '', ...lines, epilogue].join('\n');
};

const helpOf = ({ name, usage, summary, help }: Command): string =>
  [`usage: ledger ${name} ${usage}`.trimEnd(), '', summary, '', help.replace(/^\n+/, '')]
    .join('\n')
    .trimEnd();

const find = (commands: readonly Command[], name: string): Command => {
  const command = commands.find((one) => one.name === name);
  if (command === undefined) throw new UsageError(`There is no command ${name}.`);
  return command;
};

type Wish =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'run'; readonly command: Command; readonly asked: Asked };

/** What a command line means; throws UsageError. */
export const parseCommandLine = (
  commands: readonly Command[],
  [name, ...words]: readonly string[],
): Wish => {
  if (name === undefined) throw new UsageError('Which command?');
  if (name === '--help' || name === '-h' || name === 'help') {
    const [about] = words;
    return {
      kind: 'help',
      text: about === undefined ? listOf(commands) : helpOf(find(commands, about)),
    };
  }
  if (name.startsWith('-')) throw new UsageError('The command comes first, then its options.');
  const command = find(commands, name);
  try {
    const { values, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
    });
    const { help, ...others } = values;
    if (help === true) return { kind: 'help', text: helpOf(command) };
    return { kind: 'run', command, asked: { values: others, positionals } };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

const tellUsage = (error: UsageError, name: string | undefined, { tell }: Speech): ExitCode => {
  const isNamed = name !== undefined && /^[a-z]/.test(name);
  tell(`ledger: ${error.message}\n`);
  tell('`ledger --help` lists the commands.');
  if (isNamed) tell(`\`ledger ${name} --help\` says what it takes.`);
  return 2;
};

/** Does what a command line asks for. It never throws: what went wrong is told, and is 2. */
export const runCommandLine = async (
  commands: readonly Command[],
  words: readonly string[],
  speech: Speech,
  signal: AbortSignal,
  /** Whether nobody reads what is said any more. */
  isDeaf: () => boolean = () => false,
): Promise<ExitCode> => {
  try {
    const wish = parseCommandLine(commands, words);
    if (wish.kind === 'help') {
      speech.out(wish.text);
      return 0;
    }
    return await wish.command.run(wish.asked, speech, signal);
  } catch (error) {
    if (error instanceof UsageError) return tellUsage(error, words[0], speech);
    if (isDeaf()) return 0;
    speech.tell(signal.aborted ? 'ledger: interrupted' : `ledger: ${wordsFor(error)}`);
    return 2;
  }
};
