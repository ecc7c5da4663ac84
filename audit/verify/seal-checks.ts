import type { KeyObject } from 'node:crypto';
import type { LogReader } from '../ports/log-reader.ts';
import type { SealStore, StoredSeal } from '../ports/seal-store.ts';
import { fingerprintOf } from '../seals/keys.ts';
import type { Digest } from '../seals/merkle.ts';
import { treeOf } from '../seals/range.ts';
import { digestOf, isSignedBy, noSeal, parseSeal, type Seal } from '../seals/seal.ts';
import type { Finding, FindingKind, FindingSink } from './finding.ts';
import { createPeaks, type Peak, type Peaks } from './merkle-peaks.ts';

export type SealsToCheck = {
  readonly store: SealStore;
  /** The last seal, read before the look at the log began: younger ones are none of its business. */
  readonly last: StoredSeal | undefined;
  /** Seals that were kept elsewhere, by number. */
  readonly kept: ReadonlyMap<number, StoredSeal>;
  /** The keys that count. */
  readonly publicKeys: readonly KeyObject[];
};

/** A range under way, as an interrupted run leaves it. */
type SavedRange = {
  readonly source: 'ledger' | 'kept';
  readonly digest: string;
  readonly peaks: readonly Peak[];
  readonly missing: number | null;
  readonly broken: number | null;
};
export type SavedSeals = {
  /** The last seal of the ledger of which the range was read to its end. */
  readonly done: { readonly number: number; readonly digest: string } | null;
  /** Seals of the ledger of which the range is to be read a second time. */
  readonly again: readonly number[];
  readonly ranges: readonly SavedRange[];
};

type Source = SavedRange['source'];
type Range = {
  readonly source: Source;
  readonly stored: StoredSeal;
  readonly seal: Seal;
  readonly peaks: Peaks;
  expected: number;
  /** The first event that is not there, and the first with which something is wrong. */
  missing: number | null;
  broken: number | null;
};

export type SealChecks = {
  /** Whether the seals that begin up to this event are known. */
  readonly isReady: (sequence: number) => boolean;
  readonly prepare: (sequence: number) => Promise<void>;
  /** `leaf`: what its event comes to in a seal. */
  readonly take: (sequence: number, leaf: Digest) => void;
  /** Something is wrong with an event: where its seal differs, it is named. */
  readonly note: (sequence: number) => void;
  readonly end: () => Promise<void>;
  readonly save: () => SavedSeals;
  readonly seals: () => number;
  /** The last sequence that the ledger's seals cover, and that last seal. */
  readonly sealedTo: () => number;
  readonly lastSeal: () => StoredSeal | null;
};

type Before = { readonly number: number; readonly to: number; readonly digest: string };

const misplacement = (seal: Seal, stored: StoredSeal, before: Before): string | undefined => {
  if (stored.number !== before.number + 1) return `seal ${before.number + 1} is not there`;
  if (seal.number !== stored.number) return `its text says seal ${seal.number}`;
  if (seal.from !== before.to + 1) {
    return `it begins at ${seal.from} where ${before.to + 1} comes next`;
  }
  return seal.previous === before.digest ? undefined : 'it does not follow the seal before it';
};

/** The ledger's seals in order, up to the last one. */
async function* sealsOf({ store, last }: SealsToCheck): AsyncGenerator<StoredSeal, void, void> {
  for (let after = 0; last !== undefined && after < last.number; ) {
    const page = await store.list(after);
    const end = page.at(-1);
    if (end === undefined) return;
    yield* page.filter(({ number }) => number <= last.number);
    after = end.number;
  }
}

/** Ranges that have to be read a second time because their seals are not where they have to be, at most. */
const againMax = 100;

/**
 * Checks seals as the log goes by: text, place and signature of each, and the root over its range, which is computed
 * in the same reading. `after`: the log is read from behind there on, with what `saved` says of what came before.
 */
export const createSealChecks = (
  findings: FindingSink,
  log: LogReader,
  toCheck: SealsToCheck,
  after: number,
  saved: SavedSeals | null,
): SealChecks => {
  const { kept } = toCheck;
  const keys = new Map(toCheck.publicKeys.map((key) => [fingerprintOf(key), key]));
  const stored = sealsOf(toCheck);
  const seenKept = new Set<number>();
  const active = new Set<Range>();
  /** Kept seals that the ledger does not have, by where they begin. */
  let coming: StoredSeal[] = [];
  const again: Range[] = [];
  let next: StoredSeal | undefined;
  let isOpen = true;
  let begun = false;
  let at = after;
  let count = 0;
  let before: Before = { number: 0, to: 0, digest: noSeal };
  let lastSeal: StoredSeal | null = null;
  let done = saved?.done ?? null;

  const add = (source: Source, number: number, kind: FindingKind, rest: Partial<Finding>): void => {
    const { message = '', ...more } = rest;
    const name = source === 'kept' ? `Kept seal ${number}` : `Seal ${number}`;
    const nothing = { expected: null, actual: null };
    findings.add({
      ...nothing,
      ...more,
      kind,
      seal: number,
      source,
      message: `${name}: ${message}.`,
    });
  };

  const finish = ({ source, stored: { number }, seal, peaks, missing, broken }: Range): void => {
    const actual = peaks.root();
    if (actual === seal.root) return;
    const known = [missing, broken].filter((one) => one !== null);
    const sequence = known.length === 0 ? null : Math.min(...known);
    const whole = `events ${seal.from} to ${seal.to} are not what was sealed`;
    const message =
      sequence === null
        ? `${whole}; hashes and places fit together, so they were computed anew: which event it began with the seal cannot tell`
        : `${whole}: ${sequence} is the first that ${sequence === missing ? 'is not there' : 'differs'}`;
    const place = sequence === null ? {} : { sequence };
    add(source, number, 'seal_log_differs', { ...place, expected: seal.root, actual, message });
  };

  const checkSignature = (source: Source, one: StoredSeal, seal: Seal): void => {
    const key = keys.get(seal.key);
    if (key === undefined) {
      const message = 'it is signed with a key that was not given';
      add(source, one.number, 'seal_key_unknown', { actual: seal.key, message });
    } else if (!isSignedBy(one, key)) {
      const message = 'its text is not what was signed';
      add(source, one.number, 'seal_signature_wrong', { message });
    }
  };

  /** Begins a range; one that has begun already is continued where it was kept, or read once more at the end. */
  const begin = (source: Source, one: StoredSeal, seal: Seal): void => {
    const digest = digestOf(one);
    const known = saved?.ranges.find((range) => range.source === source && range.digest === digest);
    const range: Range = {
      source,
      stored: one,
      seal,
      peaks: createPeaks(known?.peaks),
      expected: Math.max(seal.from, after + 1),
      missing: known?.missing ?? null,
      broken: known?.broken ?? null,
    };
    if (seal.from > at || known !== undefined) active.add(range);
    else if (again.length < againMax) again.push(range);
  };

  const check = (source: Source, one: StoredSeal, isDone = false): void => {
    const seal = parseSeal(one.text);
    if (seal === undefined) {
      add(source, one.number, 'seal_unreadable', { message: 'its text is none of a seal' });
      return;
    }
    checkSignature(source, one, seal);
    if (!isDone || saved?.again.includes(one.number)) begin(source, one, seal);
  };

  const differsFromKept = (theirs: StoredSeal, ours: StoredSeal | undefined): void => {
    if (ours?.text === theirs.text && ours.signature === theirs.signature) return;
    const message =
      ours === undefined
        ? 'it was kept, and is not in the ledger'
        : 'it is not the one that was kept';
    const kind = ours === undefined ? 'seal_missing' : 'seal_differs';
    const texts = { expected: theirs.text, actual: ours?.text ?? null };
    add('ledger', theirs.number, kind, { ...texts, message });
    if (ours !== undefined) check('kept', theirs);
  };

  const takeOwn = (one: StoredSeal): void => {
    count += 1;
    lastSeal = one;
    const seal = parseSeal(one.text);
    const misplaced = seal && misplacement(seal, one, before);
    if (misplaced !== undefined) {
      add('ledger', one.number, 'seal_out_of_place', { message: misplaced });
    }
    const theirs = kept.get(one.number);
    if (theirs !== undefined) {
      seenKept.add(one.number);
      differsFromKept(theirs, one);
    }
    const digest = digestOf(one);
    if (one.number === saved?.done?.number && digest !== saved.done.digest) {
      const message = 'it is not the one that an earlier run has seen';
      add('ledger', one.number, 'seal_differs', {
        expected: saved.done.digest,
        actual: digest,
        message,
      });
    }
    check('ledger', one, one.number <= (saved?.done?.number ?? 0));
    before = { number: one.number, to: seal?.to ?? before.to, digest };
  };

  const advance = async (): Promise<void> => {
    const { done: isDone, value } = await stored.next();
    next = isDone ? undefined : value;
    if (!isDone) return;
    isOpen = false;
    coming = [...kept.values()]
      .filter(({ number }) => !seenKept.has(number))
      .sort((one, other) => one.number - other.number);
    for (const one of coming) differsFromKept(one, undefined);
  };

  const fromOf = ({ text }: StoredSeal): number => parseSeal(text)?.from ?? 0;

  const prepare = async (sequence: number): Promise<void> => {
    if (!begun) await advance();
    begun = true;
    while (isOpen && next !== undefined && fromOf(next) <= sequence) {
      takeOwn(next);
      await advance();
    }
    if (isOpen) return;
    for (const one of coming.filter((candidate) => fromOf(candidate) <= sequence)) {
      coming.splice(coming.indexOf(one), 1);
      check('kept', one);
    }
  };

  const end = (range: Range): void => {
    active.delete(range);
    if (range.expected <= range.seal.to) range.missing ??= range.expected;
    finish(range);
    const { source, stored: one } = range;
    if (source === 'ledger') done = { number: one.number, digest: digestOf(one) };
  };

  const addLeaf = (sequence: number, leaf: Digest): void => {
    for (const range of active) {
      if (sequence < range.seal.from) continue;
      if (sequence !== range.expected) range.missing ??= range.expected;
      range.expected = sequence + 1;
      range.peaks.add(leaf);
      if (sequence === range.seal.to) end(range);
    }
  };

  return {
    isReady: (sequence) => {
      if (!begun) return false;
      if (isOpen) return next !== undefined && fromOf(next) > sequence;
      return coming.every((one) => fromOf(one) > sequence);
    },
    prepare,
    take: (sequence, leaf) => {
      for (const range of active) if (sequence > range.seal.to) end(range);
      if (active.size > 0) addLeaf(sequence, leaf);
      at = sequence;
    },
    note: (sequence) => {
      for (const range of active) {
        if (sequence >= range.seal.from && sequence <= range.seal.to) range.broken ??= sequence;
      }
    },
    end: async () => {
      await prepare(Number.POSITIVE_INFINITY);
      for (const range of active) end(range);
      for (const range of again) {
        const tree = await treeOf(log, range.seal);
        if (tree.root.toString('hex') === range.seal.root) continue;
        finish({
          ...range,
          peaks: createPeaks([{ size: 1, hash: tree.root.toString('hex') }]),
          missing: tree.missing,
        });
      }
    },
    save: () => ({
      done,
      again: again.filter(({ source }) => source === 'ledger').map((one) => one.stored.number),
      ranges: [...active].map(({ source, stored: one, peaks, missing, broken }) => ({
        source,
        digest: digestOf(one),
        peaks: peaks.save(),
        missing,
        broken,
      })),
    }),
    seals: () => count,
    sealedTo: () => before.to,
    lastSeal: () => lastSeal,
  };
};
