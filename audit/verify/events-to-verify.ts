import { type AccountId, reconciliationStream } from '#domain/ids.ts';
import type { AccountRange, LogReader, StoredEvent } from '../ports/log-reader.ts';

type Pages = AsyncIterable<readonly StoredEvent[]>;

async function* eventsIn(pages: Pages): AsyncGenerator<StoredEvent, void, void> {
  for await (const page of pages) yield* page;
}

const pageSize = 500;

/** Two runs of events, each by sequence, as one. */
async function* merged(
  one: Pages,
  other: Pages,
): AsyncGenerator<readonly StoredEvent[], void, void> {
  const [left, right] = [eventsIn(one), eventsIn(other)];
  let [mine, theirs] = [await left.next(), await right.next()];
  let page: StoredEvent[] = [];
  while (!mine.done || !theirs.done) {
    if (theirs.done || (!mine.done && mine.value.sequence < theirs.value.sequence)) {
      page.push(mine.value as StoredEvent);
      mine = await left.next();
    } else {
      page.push(theirs.value);
      theirs = await right.next();
    }
    if (page.length < pageSize) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** The events of a range by sequence, of some accounts with all that belong to none; of one account its own, its reconciliations' and those of the market, which its holdings see. */
export const eventsToVerify = (
  log: LogReader,
  { from, to }: { readonly from: number; readonly to: number },
  accountId: AccountId | null,
  accounts?: AccountRange,
): Pages => {
  const range = { fromSequence: from, toSequence: to };
  if (accountId === null) return log.events({ ...range, ...(accounts && { accounts }) });
  const market = log.events({ ...range, types: ['PriceMarked', 'SessionClosed'] });
  const reconciled = log.events({ ...range, stream: reconciliationStream(accountId) });
  return merged(merged(log.events({ ...range, accountId }), reconciled), market);
};
