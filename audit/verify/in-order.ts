import type { Finding } from './finding.ts';
import type { FoundAt, Taken } from './part.ts';

/** Takes what several parts have told of one stretch of the log in the order of its events. */
export type InOrder = {
  /** An event: `found` is what is wrong with it, `leaf` what it comes to in a seal. Returns a promise only where it has to wait. */
  readonly event: (
    sequence: number,
    leaf: Buffer,
    found: readonly Finding[],
  ) => Promise<void> | undefined;
  /** What is wrong with what an event did to the books, which comes after it. */
  readonly booked: (finding: Finding) => void;
};

const leafSize = 32;
const noFindings: readonly Finding[] = [];

/** Several runs, each in the order of their sequences, as one. */
const createAlong = ({ sequences, leaves, found }: Taken) => {
  const bytes = Buffer.from(leaves.buffer, leaves.byteOffset, leaves.byteLength);
  let place = 0;
  let foundPlace = 0;
  return {
    next: (): number => sequences[place] ?? Number.POSITIVE_INFINITY,
    leaf: (): Buffer => bytes.subarray(place * leafSize, (place + 1) * leafSize),
    step: (): void => {
      place += 1;
    },
    nextFound: (): FoundAt | undefined => found[foundPlace],
    stepFound: (): void => {
      foundPlace += 1;
    },
  };
};
type Along = ReturnType<typeof createAlong>;

const firstOf = (along: readonly Along[], placeOf: (one: Along) => number): Along | undefined => {
  let first: Along | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const one of along) {
    const place = placeOf(one);
    if (place >= least) continue;
    first = one;
    least = place;
  }
  return first;
};

const foundPlace = (one: Along): number => one.nextFound()?.sequence ?? Number.POSITIVE_INFINITY;

/** What was found with the event itself. */
const foundWith = (one: Along, sequence: number): readonly Finding[] => {
  if (foundPlace(one) > sequence) return noFindings;
  const all: Finding[] = [];
  for (let next = one.nextFound(); next?.sequence === sequence; next = one.nextFound()) {
    if (next.whenBooked) break;
    all.push(next.finding);
    one.stepFound();
  }
  return all;
};

export const takeInOrder = async (parts: readonly Taken[], into: InOrder): Promise<void> => {
  const along = parts.map(createAlong);
  /** What befell the books before an event, by events that were read here or by an earlier run. */
  const tellUpTo = (sequence: number): void => {
    for (
      let one = firstOf(along, foundPlace);
      one !== undefined;
      one = firstOf(along, foundPlace)
    ) {
      const next = one.nextFound();
      if (next === undefined || next.sequence >= sequence) return;
      into.booked(next.finding);
      one.stepFound();
    }
  };
  const hasFound = parts.some(({ found }) => found.length > 0);
  const placeOf = (one: Along): number => one.next();
  for (let one = firstOf(along, placeOf); one !== undefined; one = firstOf(along, placeOf)) {
    const sequence = one.next();
    if (hasFound) tellUpTo(sequence);
    const found = hasFound ? foundWith(one, sequence) : noFindings;
    const waits = into.event(sequence, one.leaf(), found);
    if (waits !== undefined) await waits;
    one.step();
  }
  tellUpTo(Number.POSITIVE_INFINITY);
};
