import type { SealStore, StoredSeal } from '../ports/seal-store.ts';
import { parseSeal } from './seal.ts';
import { sealsUpTo } from './verify-seals.ts';

const covers = (stored: StoredSeal | undefined, sequence: number): stored is StoredSeal => {
  const seal = stored && parseSeal(stored.text);
  return seal !== undefined && seal.from <= sequence && sequence <= seal.to;
};

/** The first seal that does not end before `sequence`, as long as all of them can be read and follow one another. */
const halved = async (store: SealStore, last: StoredSeal, sequence: number) => {
  let [low, high] = [1, last.number];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [stored] = await store.list(middle - 1, 1);
    const seal = stored && parseSeal(stored.text);
    if (seal === undefined || seal.to < sequence) low = middle + 1;
    else high = middle;
  }
  return (await store.list(low - 1, 1))[0];
};

/** The seal over an event; undefined where there is none. Looks at a few of them, at all only where somebody changed one. */
export const sealOver = async (
  store: SealStore,
  sequence: number,
): Promise<StoredSeal | undefined> => {
  const last = await store.last();
  if (last === undefined || (parseSeal(last.text)?.to ?? sequence) < sequence) return undefined;
  const found = await halved(store, last, sequence);
  if (covers(found, sequence)) return found;
  for await (const stored of sealsUpTo(store, last)) {
    if (covers(stored, sequence)) return stored;
  }
  return undefined;
};
