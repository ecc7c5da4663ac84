import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { AccountId } from '#domain/ids.ts';
import type { Stack } from './stack.ts';

/** What a stack in a process of its own says when it serves. */
export type ToldOfStack = Pick<Stack, 'url' | 'openUrl' | 'key' | 'accessToken'> & {
  readonly accounts: readonly AccountId[];
};

/** The whole server in another process, with a thousand funded accounts. */
export const forkStack = async () => {
  const server = fork(join(import.meta.dirname, 'stack-process.ts'));
  const told = await new Promise<ToldOfStack>((resolve, reject) => {
    server.once('message', (message) => resolve(message as ToldOfStack));
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const stop = (): void => {
    server.removeAllListeners('exit');
    server.send('stop');
  };
  return { server: { stop }, told };
};
