import type { StreamName } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Bell } from './bell.ts';

/** Streams whose last revision a subscription remembers, to check that the next is one more. */
const rememberedStreams = 10_000;

/** Throws InvariantViolation unless sequences go on by one, and revisions too where the stream's last is known. */
const createOrderCheck = (after: number): ((batch: readonly RecordedEvent[]) => void) => {
  let last = after;
  const revisions = new Map<StreamName, number>();
  return (batch) => {
    for (const { sequence, stream, revision } of batch) {
      invariant(sequence === last + 1, `event ${last + 1} follows ${last}, not ${sequence}`);
      const known = revisions.get(stream);
      invariant(
        known === undefined || revision === known + 1,
        `event ${sequence} is revision ${(known ?? 0) + 1} of ${stream}, not ${revision}`,
      );
      last = sequence;
      revisions.set(stream, revision);
    }
    // A Map iterates in the order of first insertion: the oldest streams go.
    for (const stream of revisions.keys()) {
      if (revisions.size <= rememberedStreams) break;
      revisions.delete(stream);
    }
  };
};

/**
 * A catch-up subscription over `read`, which gives what follows a sequence, or nothing if that is the end.
 * The bell's count is taken before each look, so an event stored during it is looked for again.
 */
export async function* follow(
  bell: Bell,
  read: (after: number, limit: number) => Promise<readonly RecordedEvent[]>,
  options: { readonly after: number; readonly batchMax?: number; readonly signal: AbortSignal },
): AsyncGenerator<readonly RecordedEvent[], void, void> {
  const { signal, batchMax = 500 } = options;
  const check = createOrderCheck(options.after);
  let after = options.after;
  // Ringing wakes the others as well: they look, find nothing and wait on. A function of its own each time: a signal
  // that two subscriptions share would take `bell.ring` once, and lose it with the first that ends.
  const wake = (): void => bell.ring();
  signal.addEventListener('abort', wake);
  try {
    while (!signal.aborted) {
      const seen = bell.rings();
      const batch = await read(after, batchMax);
      if (signal.aborted) return;
      const last = batch.at(-1);
      if (last === undefined) {
        await bell.next(seen);
        continue;
      }
      check(batch);
      after = last.sequence;
      yield batch;
    }
  } finally {
    signal.removeEventListener('abort', wake);
  }
}
