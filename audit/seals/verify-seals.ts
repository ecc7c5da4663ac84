import type { KeyObject } from 'node:crypto';
import type { LogReader } from '../ports/log-reader.ts';
import type { SealStore, StoredSeal } from '../ports/seal-store.ts';
import { type Break, firstBreaks } from './first-break.ts';
import { fingerprintOf } from './keys.ts';
import { type Range, treeOf } from './range.ts';
import { digestOf, isSignedBy, noSeal, parseSeal, type Seal } from './seal.ts';

export type SealFinding = {
  readonly kind: /** The text is none of a seal. */
    | 'seal_unreadable'
    /** Number, range or previous seal do not follow from the seal before. */
    | 'seal_out_of_place'
    | 'key_unknown'
    | 'signature_wrong'
    /** The ledger's seal is not the kept one of this number. */
    | 'seal_differs'
    /** A kept seal that the ledger does not have any more. */
    | 'seal_missing'
    /** The log of now is not what was sealed. */
    | 'log_differs';
  readonly seal: number;
  readonly source: 'ledger' | 'kept';
  readonly range: Range | null;
  /** The first event that differs, where that can be told. */
  readonly sequence: number | null;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly message: string;
};

export type SealReport = {
  readonly head: number;
  /** Seals in the ledger. */
  readonly seals: number;
  readonly keptSeals: number;
  /** The last sequence that the ledger's seals cover. */
  readonly sealedTo: number;
  /** The first, by seal. */
  readonly findings: readonly SealFinding[];
  readonly findingsCount: number;
};

const findingsMax = 100;

/** The ledger's seals in order up to `to.number`, a page at a time. */
export async function* sealsUpTo(
  store: SealStore,
  to: StoredSeal | undefined,
): AsyncGenerator<StoredSeal, void, void> {
  for (let after = 0; to !== undefined && after < to.number; ) {
    const page = await store.list(after);
    const last = page.at(-1);
    if (last === undefined) return;
    yield* page.filter(({ number }) => number <= to.number);
    after = last.number;
  }
}

/** Told the sequence of the last event that was looked at. */
type VerifyProgress = (at: number) => void;

type Source = SealFinding['source'];
type Difference = { readonly kind: SealFinding['kind'] } & Partial<SealFinding>;

const createFindings = () => {
  const kept: SealFinding[] = [];
  let count = 0;
  const add = (source: Source, seal: number, { message = '', ...rest }: Difference): void => {
    count += 1;
    if (count > findingsMax) return;
    const nothing = { range: null, sequence: null, expected: null, actual: null };
    kept.push({ ...nothing, ...rest, seal, source, message });
  };
  return { add, kept, count: () => count };
};

const misplacement = (seal: Seal, stored: StoredSeal, before: Before): string | undefined => {
  if (stored.number !== before.number + 1) return `seal ${before.number + 1} is not there`;
  if (seal.number !== stored.number) return `its text says seal ${seal.number}`;
  if (seal.from !== before.to + 1)
    return `it begins at ${seal.from} where ${before.to + 1} comes next`;
  return seal.previous === before.digest ? undefined : 'it does not follow the seal before it';
};

type Before = { readonly number: number; readonly to: number; readonly digest: string };

/** What is wrong with who signed it. */
const flawOfSignature = (
  seal: Seal,
  stored: StoredSeal,
  keys: ReadonlyMap<string, KeyObject>,
): Difference | undefined => {
  const key = keys.get(seal.key);
  if (key === undefined) {
    const message = 'it is signed with a key that was not given';
    return { kind: 'key_unknown', actual: seal.key, message };
  }
  if (isSignedBy(stored, key)) return undefined;
  return { kind: 'signature_wrong', message: 'its text is not what was signed' };
};

const differenceOfLog = async (
  log: LogReader,
  { from, to, root }: Seal,
  progress?: VerifyProgress,
): Promise<Difference | undefined> => {
  const range = { from, to };
  const tree = await treeOf(log, range, {
    progress: (done) => progress?.(from - 1 + done),
  });
  const actual = tree.root.toString('hex');
  if (actual === root) return undefined;
  return { kind: 'log_differs', range, sequence: tree.missing, expected: root, actual };
};

const messageOf = (
  { range, sequence }: SealFinding,
  found: Break | undefined,
): SealFinding['message'] => {
  const whole = `events ${range?.from} to ${range?.to} are not what was sealed`;
  if (found !== undefined && (sequence === null || found.sequence <= sequence)) {
    return `${whole}: ${found.sequence} is the first that differs, ${found.why}`;
  }
  if (sequence !== null) return `${whole}: ${sequence} is not there`;
  return `${whole}: hashes and places fit together, so they were computed anew; which event it began with the seal cannot tell`;
};

/** Names the first event of each range that is not what was sealed, as far as the log gives it away. */
const located = async (
  log: LogReader,
  findings: readonly SealFinding[],
  progress?: VerifyProgress,
): Promise<readonly SealFinding[]> => {
  const ranges = findings.flatMap(({ kind, range }) =>
    kind === 'log_differs' && range !== null ? [range] : [],
  );
  if (ranges.length === 0) return findings;
  const breaks = await firstBreaks(log, ranges, progress);
  return findings.map((finding) => {
    if (finding.kind !== 'log_differs' || finding.range === null) return finding;
    const found = breaks.get(finding.range);
    const first = Math.min(
      found?.sequence ?? Number.POSITIVE_INFINITY,
      finding.sequence ?? Number.POSITIVE_INFINITY,
    );
    const sequence = Number.isFinite(first) ? first : null;
    return { ...finding, sequence, message: messageOf(finding, found) };
  });
};

export type SealsToVerify = {
  readonly log: LogReader;
  /** In order; none younger than what `log` shows. */
  readonly seals: AsyncIterable<StoredSeal>;
  readonly kept: ReadonlyMap<number, StoredSeal>;
  /** The keys that count. */
  readonly publicKeys: readonly KeyObject[];
  readonly progress?: VerifyProgress;
};

/**
 * Recomputes every seal over the log as it is now, and holds the ledger's seals against those somebody kept. What was
 * cut off together with its seals, or rewritten and sealed anew, only a kept seal shows.
 */
export const verifySeals = async (all: SealsToVerify): Promise<SealReport> => {
  const { log, kept, progress } = all;
  const keys = new Map(all.publicKeys.map((key) => [fingerprintOf(key), key]));
  const findings = createFindings();
  const checkLog = async (source: Source, stored: StoredSeal): Promise<void> => {
    const seal = parseSeal(stored.text);
    if (seal === undefined) {
      findings.add(source, stored.number, {
        kind: 'seal_unreadable',
        message: 'its text is none of a seal',
      });
      return;
    }
    const flaw = flawOfSignature(seal, stored, keys);
    if (flaw !== undefined) findings.add(source, stored.number, flaw);
    const difference = await differenceOfLog(log, seal, progress);
    if (difference !== undefined) findings.add(source, stored.number, difference);
  };
  const checkKept = async (number: number, ours: StoredSeal | undefined): Promise<void> => {
    const theirs = kept.get(number);
    if (theirs === undefined) return;
    if (ours?.text === theirs.text && ours.signature === theirs.signature) return;
    findings.add('ledger', number, {
      kind: ours === undefined ? 'seal_missing' : 'seal_differs',
      expected: theirs.text,
      actual: ours?.text ?? null,
      message:
        ours === undefined
          ? 'it was kept, and is not in the ledger'
          : 'it is not the one that was kept',
    });
    await checkLog('kept', theirs);
  };

  let before: Before = { number: 0, to: 0, digest: noSeal };
  let count = 0;
  const seen = new Set<number>();
  for await (const stored of all.seals) {
    count += 1;
    const seal = parseSeal(stored.text);
    const misplaced = seal && misplacement(seal, stored, before);
    if (misplaced !== undefined) {
      findings.add('ledger', stored.number, { kind: 'seal_out_of_place', message: misplaced });
    }
    if (kept.has(stored.number)) seen.add(stored.number);
    await checkKept(stored.number, stored);
    await checkLog('ledger', stored);
    before = { number: stored.number, to: seal?.to ?? before.to, digest: digestOf(stored) };
  }
  for (const number of [...kept.keys()].filter((one) => !seen.has(one)).sort((a, b) => a - b)) {
    await checkKept(number, undefined);
  }
  const found = (await located(log, findings.kept, progress)).toSorted((a, b) => a.seal - b.seal);
  return {
    head: await log.head(),
    seals: count,
    keptSeals: kept.size,
    sealedTo: before.to,
    findings: found,
    findingsCount: findings.count(),
  };
};
