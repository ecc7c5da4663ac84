import type { KeyObject } from 'node:crypto';
import type { LogReader } from '../ports/log-reader.ts';
import type { StoredSeal } from '../ports/seal-store.ts';
import { type RangeProgress, treeOf } from './range.ts';
import { digestOf, noSeal, parseSeal, type Seal, signSeal } from './seal.ts';

export type Sealing =
  | { readonly kind: 'sealed'; readonly seal: StoredSeal }
  | { readonly kind: 'nothing_new'; readonly head: number }
  /** Sealing would put a signature under a log that something is wrong with. */
  | { readonly kind: 'refused'; readonly sequence: number | null; readonly message: string };

const nextOf = (
  last: StoredSeal | undefined,
): Pick<Seal, 'number' | 'from' | 'previous'> | undefined => {
  if (last === undefined) return { number: 1, from: 1, previous: noSeal };
  const said = parseSeal(last.text);
  if (said === undefined) return undefined;
  return { number: last.number + 1, from: said.to + 1, previous: digestOf(last) };
};

/**
 * The seal over what came since the last one, or over the first `most` events of it; `last` was read before the
 * snapshot that `log` reads.
 */
export const sealLog = async (
  log: LogReader,
  last: StoredSeal | undefined,
  key: KeyObject,
  now: () => Date,
  progress?: RangeProgress,
  most = Number.POSITIVE_INFINITY,
): Promise<Sealing> => {
  const next = nextOf(last);
  if (next === undefined) {
    const message = `Seal ${last?.number} cannot be read; nothing is sealed after it.`;
    return { kind: 'refused', sequence: null, message };
  }
  const head = await log.head();
  if (head === next.from - 1) return { kind: 'nothing_new', head };
  if (head < next.from - 1) {
    const message = `The log ends at ${head}, but seal ${last?.number} covers ${next.from - 1}: events are gone.`;
    return { kind: 'refused', sequence: head + 1, message };
  }
  const to = Math.min(head, next.from - 1 + most);
  const { root, missing } = await treeOf(
    log,
    { from: next.from, to },
    progress === undefined ? {} : { progress },
  );
  if (missing !== null) {
    const message = `Event ${missing} is not in the log: what has a gap is not sealed.`;
    return { kind: 'refused', sequence: missing, message };
  }
  const sealed_at = now().toISOString();
  const seal = signSeal({ ...next, to, root: root.toString('hex'), sealed_at }, key);
  return { kind: 'sealed', seal };
};
