import { hash } from 'node:crypto';
import type { LogReader, StoredEvent } from '../ports/log-reader.ts';
import type { Range } from './range.ts';

/** Where the log contradicts itself: a place to look at where it is not what was sealed. */
export type Break = { readonly sequence: number; readonly why: string };

type Link = { readonly revision: number; readonly hash: string };

const start: Link = { revision: 0, hash: '0'.repeat(64) };

/** What is wrong with an event after the one before it in its stream; the rule of the hash is migration 0002's. */
const flawOf = (event: StoredEvent, before: Link): string | undefined => {
  if (event.revision !== before.revision + 1) {
    return `it has revision ${event.revision} of ${event.stream}, where ${before.revision + 1} comes next`;
  }
  return hash('sha256', before.hash + event.body, 'hex') === event.hash
    ? undefined
    : `its hash does not follow from its text and the event before it in ${event.stream}`;
};

/**
 * The first break in each range that has one, found by walking every stream's chain from the start of the log with
 * one link a stream in memory. A rewrite that computed the hashes anew leaves none.
 */
export const firstBreaks = async (
  log: LogReader,
  ranges: readonly Range[],
  progress?: (at: number) => void,
): Promise<ReadonlyMap<Range, Break>> => {
  const found = new Map<Range, Break>();
  const links = new Map<string, Link>();
  const toSequence = Math.max(0, ...ranges.map(({ to }) => to));
  const note = (sequence: number, why: string): void => {
    for (const range of ranges) {
      if (range.from > sequence || range.to < sequence || found.has(range)) continue;
      found.set(range, { sequence, why });
    }
  };
  let expected = 1;
  for await (const page of log.events({ toSequence })) {
    for (const event of page) {
      if (event.sequence !== expected) note(expected, 'it is not there');
      expected = event.sequence + 1;
      const flaw = flawOf(event, links.get(event.stream) ?? start);
      if (flaw !== undefined) note(event.sequence, flaw);
      links.set(event.stream, { revision: event.revision, hash: event.hash });
    }
    progress?.(expected - 1);
  }
  if (expected <= toSequence) note(expected, 'it is not there');
  return found;
};
