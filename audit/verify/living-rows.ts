import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { VerifyTableReader } from '../ports/table-reader.ts';
import {
  type CellKinds,
  compareRow,
  type ExpectedRow,
  isSameRow,
  missingRow,
  unexpectedRow,
} from './cells.ts';
import type { FindingSink } from './finding.ts';
import type { Claim, LostRow } from './lost-rows.ts';
import { createRowsAlong, type RowsAlong } from './rows-along.ts';
import type { Shelf } from './shelves.ts';

export type Made = { readonly createdSequence: number; readonly sequence: number };

/** How a table's rows and what the fold makes of them belong together. */
export type LivingTable<Item extends Made> = {
  readonly table: string;
  /** The column that says which event made a row. */
  readonly madeBy: 'created_sequence' | 'sequence';
  /** The primary key's columns, and an item's texts for them. */
  readonly keyColumns: readonly string[];
  readonly keyOf: (item: Item) => readonly string[];
  readonly kinds: CellKinds;
  readonly cells: (item: Item) => ExpectedRow;
  readonly accountOf: (item: Item) => string | null;
  /** Whether the fold needs it no more once its row was found to be right. */
  readonly isOver: (item: Item) => boolean;
};

/**
 * new: no row so far. paired: its row is at hand and says that a later event touches it, or differs. settled: compared,
 * the row let go. recalled: an event touched it after that; its row has to be read again.
 */
type Standing = 'new' | 'paired' | 'settled' | 'recalled';
type Kept<Item> = {
  readonly key: string;
  item: Item;
  row: StoredRow | null;
  /** The event that the row says touched it last. */
  due: number;
  standing: Standing;
};

export type KeptItem<Item> = { readonly item: Item; readonly isNew: boolean };

export type LivingRows<Item extends Made> = Shelf<Item> & {
  readonly table: string;
  readonly along: RowsAlong;
  /** Puts back an item that was folded again from its stream. */
  readonly recall: (item: Item) => void;
  /** An event begins. */
  readonly begin: (sequence: number) => void;
  /** The event is folded: takes the rows it made, and compares those that say they were last touched by it. */
  readonly compare: () => void;
  /** Whether rows have to be read again. */
  readonly isBehind: () => boolean;
  readonly catchUp: () => Promise<void>;
  /** Takes the rows behind the last event. */
  readonly drain: () => Promise<void>;
  /** Rows that no event has made so far. */
  readonly lost: () => readonly LostRow[];
  /** What is missed here of rows that were lost anywhere. */
  readonly claims: (lost: readonly LostRow[]) => readonly Claim[];
  readonly adopt: (lost: LostRow) => void;
  /** Forgets a lost row that somebody missed. */
  readonly forget: (key: string) => void;
  readonly end: () => Promise<void>;
  readonly items: () => Iterable<KeptItem<Item>>;
  readonly strayRows: () => Iterable<StoredRow>;
  /** As another run left it; rows are read again. */
  readonly restore: (items: readonly KeptItem<Item>[], stray: readonly StoredRow[]) => void;
  readonly rows: () => number;
  /** How many items are held. */
  readonly held: () => number;
};

/** Rows that differ, or that nobody made, are held this many at most: their end may explain them better. */
const heldMax = 10_000;
const batch = 1_000;

/**
 * Holds each row beside what the events make of it from the event that makes it to the one that the row says touched it
 * last; then they are compared and let go. `isLeftOut`: accounts that are not known.
 */
export const createLivingRows = <Item extends Made>(
  tables: VerifyTableReader,
  findings: FindingSink,
  { table, madeBy, keyColumns, keyOf, kinds, cells, accountOf, isOver }: LivingTable<Item>,
  settings: {
    readonly pages: AsyncIterable<readonly StoredRow[]>;
    readonly isLeftOut: (accountId: string) => boolean;
  },
): LivingRows<Item> => {
  const along = createRowsAlong(settings.pages, madeBy);
  const kept = new Map<string, Kept<Item>>();
  const stray = new Map<string, StoredRow>();
  const toRead = new Set<Kept<Item>>();
  let now = 0;
  let held = 0;
  let rowsRead = 0;
  let made: Kept<Item>[] = [];
  let touched: Kept<Item>[] = [];

  const keyIn = (row: StoredRow): string =>
    keyColumns.length === 1
      ? String(row[keyColumns[0] as string])
      : keyColumns.map((name) => row[name]).join('/');
  const keyTextOf = (item: Item): string => {
    const key = keyOf(item);
    return key.length === 1 ? (key[0] as string) : key.join('/');
  };
  const placeOf = ({ key, item }: Kept<Item>) => ({ table, key, sequence: item.sequence });

  const letGo = (one: Kept<Item>): void => {
    one.row = null;
    one.standing = 'settled';
    if (isOver(one.item)) kept.delete(one.key);
  };
  const tell = (one: Kept<Item>, row: StoredRow): void => {
    compareRow(findings, kinds, placeOf(one), cells(one.item), row);
  };
  const pair = (one: Kept<Item>, row: StoredRow): void => {
    one.row = row;
    one.due = Number(row['sequence']);
    one.standing = 'paired';
  };
  /** Compares where the row says that this event was its last. One that differs may have lied about that: it waits for the end. */
  const settle = (one: Kept<Item>): void => {
    if (one.row === null || one.due !== one.item.sequence) return;
    if (isSameRow(kinds, cells(one.item), one.row)) {
      letGo(one);
      return;
    }
    held += 1;
    if (held <= heldMax) return;
    tell(one, one.row);
    letGo(one);
  };
  const isUnknown = (row: StoredRow): boolean => settings.isLeftOut(String(row['account_id']));
  const unexpected = (row: StoredRow): void => {
    if (isUnknown(row)) return;
    unexpectedRow(findings, { table, key: keyIn(row), sequence: Number(row['sequence']) });
  };
  /** A row that no event has made so far: a bust may yet make it, of a fill from before, if the row says so. */
  const setAside = (row: StoredRow): void => {
    const isDue = Number(row['sequence']) <= now;
    if ((isDue && stray.size >= heldMax) || stray.has(keyIn(row))) unexpected(row);
    else stray.set(keyIn(row), row);
  };

  const put = (item: Item): void => {
    const key = keyTextOf(item);
    const isMade = item.createdSequence === now;
    let one = kept.get(key);
    if (one === undefined) {
      const row = stray.get(key);
      one = { key, item, row: null, due: 0, standing: isMade ? 'new' : 'recalled' };
      kept.set(key, one);
      if (!isMade && row !== undefined) {
        stray.delete(key);
        pair(one, row);
      }
    }
    one.item = item;
    if (one.standing === 'settled') one.standing = 'recalled';
    if (one.standing === 'recalled') toRead.add(one);
    if (isMade) made.push(one);
    touched.push(one);
  };

  /** Rows that are there for an event and what it made. */
  const match = (rows: readonly StoredRow[]): void => {
    for (const row of rows) {
      const one = kept.get(keyIn(row));
      if (one?.standing === 'new') pair(one, row);
      else setAside(row);
    }
    if (stray.size === 0) return;
    for (const one of made) {
      const row = stray.get(one.key);
      if (one.standing !== 'new' || row === undefined || !kept.has(one.key)) continue;
      stray.delete(one.key);
      pair(one, row);
    }
  };

  const isKnown = ({ item }: Kept<Item>): boolean => {
    const account = accountOf(item);
    return account === null || !settings.isLeftOut(account);
  };
  const withoutRow = (): readonly Kept<Item>[] =>
    [...kept.values()].filter((one) => one.standing === 'new' && isKnown(one));

  const readAgain = async (all: readonly Kept<Item>[]): Promise<void> => {
    for (let from = 0; from < all.length; from += batch) {
      const some = all.slice(from, from + batch);
      const rows = await tables.byKeys(
        table,
        some.map(({ item }) => keyOf(item)),
      );
      rowsRead += rows.length;
      const byKey = new Map(rows.map((row) => [keyIn(row), row]));
      for (const one of some) {
        const row = byKey.get(one.key);
        if (row === undefined) one.standing = 'new';
        else pair(one, row);
      }
    }
  };

  return {
    table,
    along,
    get: (key) => kept.get(key)?.item,
    put,
    remove: (key) => {
      const one = kept.get(key);
      if (one === undefined) return;
      kept.delete(key);
      toRead.delete(one);
      // A row of what was taken back has no business to be there.
      if (one.row !== null) setAside(one.row);
    },
    recall: (item) => {
      const key = keyTextOf(item);
      kept.set(key, { key, item, row: null, due: 0, standing: 'settled' });
    },
    begin: (sequence) => {
      now = sequence;
    },
    compare: () => {
      const rows = along.take(now);
      if (rows.length > 0 || (made.length > 0 && stray.size > 0)) match(rows);
      if (touched.length === 0) return;
      for (const one of touched) settle(one);
      made = [];
      touched = [];
    },
    isBehind: () => toRead.size > 0,
    catchUp: async () => {
      const all = [...toRead].filter(({ key }) => kept.has(key));
      toRead.clear();
      await readAgain(all);
      for (const one of all) settle(one);
    },
    drain: async () => {
      now = Number.POSITIVE_INFINITY; // No event makes them any more.
      for await (const rows of along.rest()) match(rows);
    },
    lost: () => [...stray].map(([key, row]) => ({ table, key, madeBy: Number(row[madeBy]), row })),
    claims: (lost) => {
      const keys = new Set(lost.map(({ key }) => key));
      const open = new Map<number, number>();
      for (const { key, item } of withoutRow()) {
        const { createdSequence: by } = item;
        if (!keys.has(key)) open.set(by, (open.get(by) ?? 0) + 1);
      }
      return lost.map(({ key, madeBy: by }) => {
        const one = kept.get(key);
        return one !== undefined && one.standing !== 'settled' && isKnown(one)
          ? 'key'
          : (open.get(by) ?? 0);
      });
    },
    adopt: ({ key, madeBy: by, row }) => {
      const known = kept.get(key);
      const isMissed = known !== undefined && known.standing !== 'settled';
      const one = isMissed ? known : withoutRow().find(({ item }) => item.createdSequence === by);
      if (one?.row === null) pair(one, row);
    },
    forget: (key) => stray.delete(key),
    end: async () => {
      await readAgain(withoutRow());
      for (const one of kept.values()) {
        if (one.standing === 'settled' || !isKnown(one)) continue;
        if (one.row === null) missingRow(findings, placeOf(one));
        else tell(one, one.row);
      }
      for (const row of stray.values()) unexpected(row);
    },
    items: function* () {
      for (const { item, standing } of kept.values()) yield { item, isNew: standing === 'new' };
    },
    strayRows: () => stray.values(),
    restore: (items, rows) => {
      for (const { item, isNew } of items) {
        const key = keyTextOf(item);
        const standing = isNew ? 'new' : 'recalled';
        const one: Kept<Item> = { key, item, row: null, due: 0, standing };
        kept.set(key, one);
        if (!isNew) toRead.add(one);
      }
      for (const row of rows) stray.set(keyIn(row), row);
    },
    rows: () => along.rows() + rowsRead,
    held: () => kept.size,
  };
};
