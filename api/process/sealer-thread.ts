import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { KeyPlace } from '#audit/seals/keys.ts';
import type { SealEvery, SealerLog } from '#audit/seals/sealer.ts';

/** What the thread is told at its start. */
export type SealerOrder = {
  readonly connectionString: string;
  readonly keyPlace: KeyPlace;
  readonly every: SealEvery;
  /** Files, folders and URLs, as they were given. */
  readonly to: readonly string[];
};

/** What the thread has to say. */
export type SealerReport = {
  readonly level: keyof SealerLog;
  readonly fields: object;
  readonly words: string;
};

export type SealerThread = { readonly stop: () => Promise<void> };

/** A last seal and a last delivery take at most this long, milliseconds. */
const stopMostMs = 6_000;
/** Before a thread that has ended unasked is started anew, milliseconds. */
const restartAfterMs = 30_000;

/**
 * Runs the sealer's program in a thread of its own. One that breaks is told and started anew: it never stops trading.
 */
export const startSealerThread = (
  program: URL,
  order: SealerOrder,
  log: SealerLog,
): SealerThread => {
  const stopped = new AbortController();
  const { signal } = stopped;
  let worker: Worker | undefined;

  const runOnce = async (): Promise<void> => {
    // A page of events and the program: far from what trading keeps.
    const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 };
    worker = new Worker(program, { workerData: order, resourceLimits });
    worker.on('message', ({ level, fields, words }: SealerReport) => log[level](fields, words));
    worker.on('error', (error) => log.error({ err: error }, 'the sealer has failed'));
    await once(worker, 'exit').catch(() => undefined);
    worker = undefined;
  };
  const running = (async () => {
    while (!signal.aborted) {
      await runOnce();
      await sleep(restartAfterMs, undefined, { signal }).catch(() => undefined);
    }
  })();

  return {
    stop: async () => {
      stopped.abort();
      worker?.postMessage('stop');
      const over = sleep(stopMostMs, 'late', { ref: false });
      if ((await Promise.race([running, over])) === 'late') await worker?.terminate();
      await running;
    },
  };
};
