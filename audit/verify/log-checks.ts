import { hash } from 'node:crypto';
import type { StreamName } from '#domain/ids.ts';
import type { StoredEvent } from '../ports/log-reader.ts';
import type { RowFilter, VerifyTableReader } from '../ports/table-reader.ts';
import type { Finding, Findings } from './finding.ts';

/** What the first event of a stream is chained to: 64 zeros. */
const beginning = '0'.repeat(64);

/** `computed` is what the hash had to be: an edited hash is blamed on its own event, not on the next one. */
export type Head = {
  readonly revision: number;
  readonly stored: string;
  readonly computed: string;
};

export type LogChecks = {
  readonly take: (event: StoredEvent) => void;
  /** The end of the range has been reached. */
  readonly end: () => void;
  readonly streams: () => number;
  /** Streams that begin within the range: their first event is believed, what came before it was not read. */
  readonly onTrust: () => number;
  /** Where each stream is. */
  readonly heads: Map<StreamName, Head>;
};

export type CheckedRange = {
  /** First and last sequence that must be there; null where the range is one stream of many. */
  readonly whole: { readonly from: number; readonly to: number } | null;
  /** Whether streams may have events before the range. */
  readonly mayBegin: boolean;
};

/** Follows the log in its order: sequences, revisions and hash chains. Keeps one head per stream, no event. `heads`: where the streams were before the range. */
export const createLogChecks = (
  findings: Findings,
  range: CheckedRange,
  heads: Map<StreamName, Head> = new Map(),
): LogChecks => {
  let last = (range.whole?.from ?? 1) - 1;
  let onTrust = 0;

  const missing = (from: number, to: number): void =>
    findings.add({
      kind: 'sequence_missing',
      sequence: from,
      expected: from === to ? `${from}` : `${from} to ${to}`,
      actual: null,
      message:
        from === to
          ? `Event ${from} is not in the log.`
          : `Events ${from} to ${to} are not in the log.`,
    });

  const checkSequence = ({ sequence, stream }: StoredEvent): void => {
    if (sequence <= last) {
      findings.add({
        kind: 'sequence_repeated',
        sequence,
        stream,
        expected: `above ${last}`,
        actual: `${sequence}`,
        message: `Sequence ${sequence} comes after ${last}.`,
      });
      return;
    }
    if (range.whole !== null && sequence > last + 1) missing(last + 1, sequence - 1);
    last = sequence;
  };

  const at = ({ sequence, stream, revision }: StoredEvent) => ({ sequence, stream, revision });

  const checkRevision = (event: StoredEvent, before: number): void => {
    const { revision, stream, sequence } = event;
    if (revision === before + 1) return;
    const kind = revision > before ? 'revision_missing' : 'revision_repeated';
    const found: Finding = {
      kind,
      ...at(event),
      expected: `${before + 1}`,
      actual: `${revision}`,
      message: `Event ${sequence} is revision ${revision} of ${stream}, which was at ${before}.`,
    };
    findings.add(found);
  };

  /** The hash is not the one computed from the hash stored before it: whose fault is it? */
  const blame = (event: StoredEvent, head: Head | undefined, computed: string): void => {
    const { sequence, stream, revision, body } = event;
    // The hash before this one was edited; this event may well follow what it ought to have been.
    const before = head?.computed;
    if (before !== undefined && hash('sha256', before + body, 'hex') === event.hash) return;
    // Behind a gap nobody can tell what the hash has to be; the gap has been said.
    if (revision !== (head?.revision ?? 0) + 1) return;
    findings.add({
      kind: 'hash_differs',
      ...at(event),
      column: 'hash',
      expected: computed,
      actual: event.hash,
      message: `The hash of event ${sequence} is not that of its body and the hash before it in ${stream}.`,
    });
  };

  const checkStream = (event: StoredEvent): void => {
    const { stream, revision, body } = event;
    const head = heads.get(stream);
    if (head === undefined && revision > 1 && range.mayBegin) {
      onTrust += 1;
      heads.set(stream, { revision, stored: event.hash, computed: event.hash });
      return;
    }
    checkRevision(event, head?.revision ?? 0);
    const previous = head?.stored ?? beginning;
    const computed = hash('sha256', previous + body, 'hex');
    heads.set(stream, { revision, stored: event.hash, computed });
    if (computed !== event.hash) blame(event, head, computed);
  };

  return {
    take: (event) => {
      checkSequence(event);
      checkStream(event);
    },
    end: () => {
      if (range.whole !== null && last < range.whole.to) missing(last + 1, range.whole.to);
    },
    streams: () => heads.size,
    onTrust: () => onTrust,
    heads,
  };
};

const sharedIdsMax = 100;

/** Names the first events that have the id of an earlier one. */
export const checkIds = async (
  findings: Findings,
  tables: VerifyTableReader,
  filter: RowFilter,
): Promise<void> => {
  for (const { id, sequence, stream, revision, first } of await tables.sharedIds(
    filter,
    sharedIdsMax,
  )) {
    findings.add({
      kind: 'event_id_repeated',
      sequence,
      stream,
      revision,
      column: 'id',
      expected: null,
      actual: id,
      message: `Event ${sequence} has the id of event ${first}.`,
    });
  }
};

/** Holds what is kept beside the log, which writers go on from, against the log: its counter and the head of each stream. */
export const checkHeads = async (
  findings: Findings,
  tables: VerifyTableReader,
  heads: ReadonlyMap<string, Head>,
  head: number,
): Promise<void> => {
  const counter = await tables.counter();
  if (counter !== head) {
    const message = `The counter of the log is at ${counter}, its last event is ${head}.`;
    const [expected, actual] = [String(head), String(counter)];
    findings.add({ kind: 'counter_differs', sequence: head + 1, expected, actual, message });
  }
  const unseen = new Set(heads.keys());
  const differs = (stream: string, expected: string | null, actual: string | null): void => {
    const message = `ledger.streams has ${stream} at ${actual}, its last event is ${expected}.`;
    findings.add({ kind: 'stream_head_differs', stream, expected, actual, message });
  };
  for await (const page of tables.streamHeads()) {
    for (const { stream, revision, hash } of page) {
      const own = heads.get(stream);
      unseen.delete(stream);
      const expected = own === undefined ? null : `${own.revision} ${own.stored}`;
      const actual = `${revision} ${hash}`;
      if (expected !== actual) differs(stream, expected, actual);
    }
  }
  for (const stream of unseen) {
    const own = heads.get(stream);
    differs(stream, `${own?.revision} ${own?.stored}`, null);
  }
};
