import type { StoredRow } from '#projections/ports/read-tables.ts';

/** Rows of a table in the order of the log, taken as the log goes by: a page is held, and the next one asked for when half of it is gone. */
export type RowsAlong = {
  readonly rows: () => number;
  /** All rows before this sequence are at hand. */
  readonly knownBefore: () => number;
  readonly read: (sequence: number) => Promise<void>;
  /** Takes the rows up to and with this sequence, which must be known. */
  readonly take: (sequence: number) => readonly StoredRow[];
  /** All that is left, page by page: whatever sequence a row says, even one that no log comes to. */
  readonly rest: () => AsyncIterable<readonly StoredRow[]>;
};

const none: readonly StoredRow[] = [];

/** `column`: the one that the pages are ordered by. */
export const createRowsAlong = (
  pages: AsyncIterable<readonly StoredRow[]>,
  column: 'created_sequence' | 'sequence',
): RowsAlong => {
  const iterator = pages[Symbol.asyncIterator]();
  /** The next page, asked for ahead: early enough to be there in time, and no sooner, for it is a lot to hold. */
  let ahead: Promise<IteratorResult<readonly StoredRow[], void>> | undefined;
  let held: readonly StoredRow[] = none;
  let place = 0;
  /** Where the next row and the last one at hand belong. */
  let next = Number.POSITIVE_INFINITY;
  let last = 0;
  let rows = 0;

  const placeOf = (row: StoredRow | undefined): number =>
    row === undefined ? Number.POSITIVE_INFINITY : Number(row[column]);

  const readPage = async (): Promise<void> => {
    const { done, value } = await (ahead ?? iterator.next());
    ahead = undefined;
    if (done) {
      last = Number.POSITIVE_INFINITY;
      return;
    }
    held = place === held.length ? value : [...held.slice(place), ...value];
    place = 0;
    next = placeOf(held[0]);
    last = placeOf(held.at(-1));
  };

  return {
    rows: () => rows,
    knownBefore: () => last,
    read: async (sequence) => {
      while (last <= sequence) await readPage();
    },
    take: (sequence) => {
      if (next > sequence) return none;
      const from = place;
      while (next <= sequence) {
        place += 1;
        next = placeOf(held[place]);
        if (place === held.length) break;
      }
      rows += place - from;
      if (ahead === undefined && 2 * place > held.length) {
        ahead = iterator.next();
        ahead.catch(() => {}); // Thrown where it is awaited, if anybody still wants it.
      }
      return held.slice(from, place);
    },
    rest: async function* () {
      for (;;) {
        const left = held.slice(place);
        rows += left.length;
        place = held.length;
        next = Number.POSITIVE_INFINITY;
        if (left.length > 0) yield left;
        if (last === Number.POSITIVE_INFINITY) return;
        await readPage();
      }
    },
  };
};
