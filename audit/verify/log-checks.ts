import { hash } from 'node:crypto';
import type { StreamName } from '#domain/ids.ts';
import type { StoredEvent } from '../ports/log-reader.ts';
import type { RowFilter, SharedId, VerifyTableReader } from '../ports/table-reader.ts';
import type { Finding, FindingSink } from './finding.ts';

/** What the first event of a stream is chained to: 64 zeros. */
const beginning = '0'.repeat(64);

/** `computed` is what the hash had to be: an edited hash is blamed on its own event, not on the next one. */
export type Head = {
  readonly revision: number;
  readonly stored: string;
  readonly computed: string;
};

/** First and last sequence that must be there. */
export type WholeRange = { readonly from: number; readonly to: number };

/** Follows the sequences of the log. `whole`: null where it is one stream of many. */
export const createSequenceChecks = (findings: FindingSink, whole: WholeRange | null) => {
  let last = (whole?.from ?? 1) - 1;

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

  return {
    take: (sequence: number): void => {
      if (sequence <= last) {
        findings.add({
          kind: 'sequence_repeated',
          sequence,
          expected: `above ${last}`,
          actual: `${sequence}`,
          message: `Sequence ${sequence} comes after ${last}.`,
        });
        return;
      }
      if (whole !== null && sequence > last + 1) missing(last + 1, sequence - 1);
      last = sequence;
    },
    /** The end of the range has been reached. */
    end: (): void => {
      if (whole !== null && last < whole.to) missing(last + 1, whole.to);
    },
  };
};

export type StreamChecks = {
  readonly take: (event: StoredEvent) => void;
  /** Streams that begin within the range: their first event is believed, what came before it was not read. */
  readonly onTrust: () => number;
  /** Where each stream is. */
  readonly heads: Map<StreamName, Head>;
};

/** Follows streams in their order: revisions and hash chains. Keeps one head per stream, no event. `mayBegin`: streams may have events before the first one here. */
export const createStreamChecks = (findings: FindingSink, mayBegin: boolean): StreamChecks => {
  const heads = new Map<StreamName, Head>();
  let onTrust = 0;

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

  const take = (event: StoredEvent): void => {
    const { stream, revision, body } = event;
    const head = heads.get(stream);
    if (head === undefined && revision > 1 && mayBegin) {
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

  return { take, onTrust: () => onTrust, heads };
};

const sharedIdsMax = 100;

/** The first events that have the id of an earlier one. */
export const readSharedIds = (
  tables: VerifyTableReader,
  filter: RowFilter,
): Promise<readonly SharedId[]> => tables.sharedIds(filter, sharedIdsMax);

export const nameSharedIds = (findings: FindingSink, shared: readonly SharedId[]): void => {
  for (const { id, sequence, stream, revision, first } of shared) {
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

/** The counter that sequences are taken from has to be where the log is. */
export const checkCounter = async (
  findings: FindingSink,
  tables: VerifyTableReader,
  head: number,
): Promise<void> => {
  const counter = await tables.counter();
  if (counter === head) return;
  const message = `The counter of the log is at ${counter}, its last event is ${head}.`;
  const [expected, actual] = [String(head), String(counter)];
  findings.add({ kind: 'counter_differs', sequence: head + 1, expected, actual, message });
};

/** Holds the heads that are kept beside the log, and that writers go on from, against the log. `isOurs`: the streams to look at. */
export const checkHeads = async (
  findings: FindingSink,
  tables: VerifyTableReader,
  heads: ReadonlyMap<string, Head>,
  isOurs: (stream: StreamName) => boolean,
): Promise<void> => {
  const unseen = new Set(heads.keys());
  const differs = (stream: string, expected: string | null, actual: string | null): void => {
    const message = `ledger.streams has ${stream} at ${actual}, its last event is ${expected}.`;
    findings.add({ kind: 'stream_head_differs', stream, expected, actual, message });
  };
  for await (const page of tables.streamHeads()) {
    for (const { stream, revision, hash } of page) {
      if (!isOurs(stream as StreamName)) continue;
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
