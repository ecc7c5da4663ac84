import { once } from 'node:events';
import type { MessagePort, Worker } from 'node:worker_threads';
import type { PartOrder, StartedPart, VerifyPart } from './part.ts';

/** What the program of a part is told at its start. */
export type VerifierOrder = {
  readonly connectionString: string;
  readonly momentName: string;
  readonly order: PartOrder;
};

type Method = keyof VerifyPart;
type Question = { readonly id: number; readonly method: Method; readonly argument: unknown };
type Answer = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly error: unknown; readonly code: unknown }
);

const closing = 'close';
/** A thread that has nothing to do ends within this time, milliseconds. */
const closeMostMs = 2_000;

/** A part that a worker does. Where the worker breaks, whatever it was asked fails with its error. */
export const createThreadPart = (worker: Worker): StartedPart => {
  const waiting = new Map<number, PromiseWithResolvers<never>>();
  let asked = 0;
  let broken: Error | undefined;

  const fail = (error: Error): void => {
    broken ??= error;
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  };
  const ended = once(worker, 'exit').catch(() => undefined);
  worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', () => fail(new Error('A thread of verify has ended before its time.')));
  worker.on('message', (answer: Answer) => {
    const one = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('value' in answer) one?.resolve(answer.value as never);
    else
      one?.reject(Object.assign(answer.error as Error, answer.code ? { code: answer.code } : {}));
  });

  const ask =
    <Name extends Method>(method: Name) =>
    (argument?: unknown): Promise<Awaited<ReturnType<VerifyPart[Name]>>> => {
      if (broken !== undefined) return Promise.reject(broken);
      asked += 1;
      const answer = Promise.withResolvers<never>();
      answer.promise.catch(() => {}); // Thrown where it is awaited, if anybody still wants it.
      waiting.set(asked, answer);
      worker.postMessage({ id: asked, method, argument } satisfies Question);
      return answer.promise;
    };

  return {
    restore: ask('restore'),
    begin: ask('begin'),
    take: ask('take'),
    records: ask('records'),
    foundInTables: ask('foundInTables'),
    endStreams: ask('endStreams'),
    drain: ask('drain'),
    claims: ask('claims'),
    end: ask('end'),
    close: async () => {
      worker.postMessage(closing);
      const late = setTimeout(() => void worker.terminate(), closeMostMs);
      await ended;
      clearTimeout(late);
    },
    stop: async () => {
      await worker.terminate();
    },
  };
};

/** Does what is asked through the port, one thing after the other, until it is to end. */
export const servePart = async (port: MessagePort, part: VerifyPart): Promise<void> => {
  const methods = part as { readonly [method in Method]: (argument: never) => Promise<unknown> };
  const answer = async ({ id, method, argument }: Question): Promise<void> => {
    try {
      const value = await methods[method](argument as never);
      port.postMessage({ id, value } satisfies Answer);
    } catch (error) {
      // Of an error, its code is not copied.
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      port.postMessage({ id, error, code } satisfies Answer);
    }
  };
  let last = Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  port.on('message', (message: Question | typeof closing) => {
    last = last.then(() => (message === closing ? resolve() : answer(message)));
  });
  await promise;
};
