import { type AccountId, accountStream } from '#domain/ids.ts';
import type { LogReader, StoredEvent } from '../ports/log-reader.ts';
import type { PastReader, Shown } from '../ports/past.ts';
import { eventsShown } from './shown-events.ts';

/** Events that are looked at at once, backward from the end of the view. */
const chunk = 200;

/** The newest events of an account that a view shows, oldest first, at most `most`. */
export const lastEvents = async (
  { log, past }: { readonly log: LogReader; readonly past: PastReader },
  accountId: AccountId,
  shown: Shown,
  most: number,
): Promise<readonly StoredEvent[]> => {
  const found: number[] = [];
  let last = await past.revisionBy(accountId, shown.until);
  while (last > 0 && found.length < most) {
    const before = Math.max(0, last - chunk);
    const stream = accountStream(accountId);
    const events = await past.streamAfter(stream, before, shown.until, last - before);
    const seen = await eventsShown(past, accountId, shown, events);
    found.unshift(...seen.map(({ sequence }) => sequence));
    last = before;
  }
  const stored: StoredEvent[] = [];
  for (const sequence of found.slice(-most)) {
    const place = { fromSequence: sequence, toSequence: sequence };
    for await (const page of log.events(place)) stored.push(...page);
  }
  return stored;
};
