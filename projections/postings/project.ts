import type { AccountEvent } from '#domain/account/events.ts';
import { type Posting, postingsOf } from '#domain/account/postings.ts';
import { invariant } from '#domain/invariant.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { accountOf } from '../keys.ts';
import type { Tables } from '../tables.ts';
import { legOf } from './table.ts';

const assertBalanced = (postings: readonly Posting[], sequence: number): void => {
  const sums = new Map<string, bigint>();
  for (const { unit, amount } of postings) sums.set(unit, (sums.get(unit) ?? 0n) + amount);
  for (const [unit, total] of sums) {
    invariant(total === 0n, `postings of event ${sequence} sum to zero in ${unit}, not ${total}`);
  }
};

/** Writes the event's double entry and returns it; one that does not balance stops the set. */
export const projectPostings = (
  event: RecordedEvent<AccountEvent>,
  tables: Tables,
): readonly Posting[] => {
  const postings = postingsOf(event.data);
  if (postings.length === 0) return postings;
  assertBalanced(postings, event.sequence);
  tables.journalEntries.put({
    sequence: event.sequence,
    eventId: event.id,
    accountId: accountOf(event.stream),
    legs: postings.map(legOf),
    at: event.effectiveAt,
  });
  return postings;
};
