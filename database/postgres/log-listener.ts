import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectionSettings, patienceMs, type StoreLog } from './connection.ts';

/** How long to wait before connecting again, and between looks at the log while not connected. */
const retryMs = 250;
/** Between looks while connected: a notification cannot be lost, but a silently dead connection can. */
const safetyMs = 2_000;

export type LogListener = { readonly close: () => Promise<void> };

/**
 * Tells how far the log goes when somebody else has written: by NOTIFY, and by looking now and then.
 * `heard` gets the last sequence; `look` reads it.
 */
export const listenToLog = (parts: {
  readonly connectionString: string;
  /** This store's name: what it wrote itself it has heard of already. */
  readonly name: string;
  readonly look: () => Promise<number>;
  readonly heard: (sequence: number) => void;
  readonly log: StoreLog;
}): LogListener => {
  const closing = new AbortController();
  let connected: pg.Client | undefined;

  const lookNow = (): Promise<void> =>
    parts.look().then(parts.heard, (error) => {
      if (!closing.signal.aborted) parts.log.warn({ err: error }, 'cannot look at the log');
    });

  const listenOnce = async (): Promise<void> => {
    const client = new pg.Client({
      ...connectionSettings(parts.connectionString),
      query_timeout: patienceMs,
    });
    const over = new AbortController(); // So that no reconnect leaves a listener behind.
    const ended = new Promise<unknown>((resolve) => {
      // Not once: after the first error another may follow, and must not end the process.
      client.on('error', resolve);
      client.once('end', () => resolve(undefined));
      closing.signal.addEventListener('abort', resolve, { once: true, signal: over.signal });
    });
    client.on('notification', ({ payload = '' }) => {
      const [sequence, writer] = payload.split(' ');
      if (writer !== parts.name) parts.heard(Number(sequence));
    });
    try {
      await client.connect();
      await client.query('LISTEN ledger_events');
      connected = client;
      await lookNow(); // What was written before LISTEN took effect was not notified.
      await ended;
    } finally {
      connected = undefined;
      over.abort();
      await client.end().catch(() => {});
    }
  };

  const listening = (async () => {
    while (!closing.signal.aborted) {
      await listenOnce().catch((error) =>
        parts.log.warn({ err: error }, 'cannot listen to the log'),
      );
      await sleep(retryMs, undefined, { signal: closing.signal, ref: false }).catch(() => {});
    }
  })();

  let sinceLook = 0;
  const timer = setInterval(() => {
    sinceLook += retryMs;
    if (connected !== undefined && sinceLook < safetyMs) return;
    sinceLook = 0;
    void lookNow();
  }, retryMs);
  timer.unref();

  return {
    close: async () => {
      clearInterval(timer);
      closing.abort();
      await listening;
    },
  };
};
