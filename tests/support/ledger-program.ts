import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const root = join(import.meta.dirname, '..', '..');

export type Ran = {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
};

/** Runs `ledger.ts` on the data directory of a server, with a text as its standard input. */
export const runLedger = async (
  directory: string,
  words: readonly string[],
  input = '',
): Promise<Ran> => {
  const { NODE_TEST_CONTEXT: _, DATABASE_URL: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(root, 'ledger.ts'), ...words], {
    cwd: root,
    env: { ...inherited, DATA_DIRECTORY: directory },
    stdio: 'pipe',
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdin.end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, out, err };
};
