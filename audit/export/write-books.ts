import type { AccountId, Symbol as Ticker } from '#domain/ids.ts';
import { add, type Cash, negate, type Quantity } from '#domain/money.ts';
import type { SessionDate } from '#domain/time.ts';
import type { LogReader } from '../ports/log-reader.ts';
import type { BookFormat, Figure } from './book-format.ts';
import { createBooks } from './books.ts';
import { type BookName, type Entry, type Leg, type Owner, sharesName } from './entry.ts';
import { bookedTypes, type ExportRange, eventsUntil, isWithin } from './range.ts';
import { findRestated } from './restated.ts';

/** A piece of an export: text for one of its files. */
export type Piece = { readonly file: string; readonly text: string; readonly sequence: number };

const figureOf = (leg: Leg): Figure => {
  switch (leg.kind) {
    case 'cash':
      return { asset: 'cash', name: leg.name, amount: leg.amount };
    case 'take': {
      const amount = negate(leg.part.quantity);
      return { asset: 'shares', name: sharesName, symbol: leg.symbol, amount };
    }
    case 'put':
      return { asset: 'shares', name: sharesName, symbol: leg.symbol, amount: leg.lot.quantity };
  }
};

const nameKey = (name: BookName): string => name.join(':');
const figureKey = (figure: Figure): string =>
  `${nameKey(figure.name)} ${figure.asset === 'cash' ? '' : figure.symbol}`;

const plus = (before: Figure | undefined, change: Figure): Figure => {
  if (before === undefined) return change;
  return change.asset === 'cash'
    ? { ...change, amount: add(before.amount as Cash, change.amount) }
    : { ...change, amount: add(before.amount as Quantity, change.amount) };
};

/** One account's part of the books: its running balances, and what of them has changed today. */
type OpenBooks = {
  readonly owner: Owner;
  date: SessionDate;
  readonly names: Set<string>;
  readonly figures: Map<string, Figure>;
  readonly changed: Set<string>;
};

const createWriter = (format: BookFormat) => {
  const open = new Map<AccountId, OpenBooks>();
  const symbols = new Set<Ticker>();

  const balances = ({ owner, date, figures }: OpenBooks, keys: Iterable<string>): string =>
    format.balances(
      owner,
      [...keys].flatMap((key) => figures.get(key) ?? []),
      date,
    );

  const booksOf = ({ owner, date }: Entry): OpenBooks => {
    const known = open.get(owner.accountId);
    if (known !== undefined) return known;
    const fresh = {
      owner,
      date,
      names: new Set<string>(),
      figures: new Map(),
      changed: new Set<string>(),
    };
    open.set(owner.accountId, fresh);
    return fresh;
  };

  /** What has to be declared before a figure is first used on this date. */
  const declarations = (books: OpenBooks, figure: Figure, { owner, date }: Entry): string => {
    let text = '';
    if (figure.asset === 'shares' && !symbols.has(figure.symbol)) {
      symbols.add(figure.symbol);
      text += format.commodity(figure.symbol, date);
    }
    const key = nameKey(figure.name);
    if (!books.names.has(key)) {
      books.names.add(key);
      text += format.open(owner, figure.name, date);
    }
    return text;
  };

  return {
    write: (entry: Entry): string => {
      const books = booksOf(entry);
      let text = '';
      if (entry.date > books.date && books.changed.size > 0) {
        text += balances(books, books.changed);
        books.changed.clear();
      }
      books.date = entry.date;
      for (const figure of entry.legs.map(figureOf)) {
        text += declarations(books, figure, entry);
        const key = figureKey(figure);
        books.figures.set(key, plus(books.figures.get(key), figure));
        books.changed.add(key);
      }
      return text + format.entry(entry);
    },
    /** Everything that every account comes to. */
    finish: function* (): Generator<string, void, void> {
      for (const books of open.values()) yield balances(books, books.figures.keys());
    },
  };
};

/** The double entry of a log as a program's input, in the order of the log, a piece at a time. */
export async function* writeBooks(
  log: LogReader,
  range: ExportRange,
  format: BookFormat,
): AsyncGenerator<Piece, void, void> {
  const file = 'books';
  const books = createBooks(format.method, await findRestated(log, range));
  const writer = createWriter(format);
  yield { file, text: format.header, sequence: 0 };
  let begun = range.from === undefined;
  let sequence = 0;
  const begin = function* (): Generator<Piece, void, void> {
    begun = true;
    for (const entry of books.carriedForward()) yield { file, text: writer.write(entry), sequence };
  };
  for await (const event of eventsUntil(log, range, bookedTypes)) {
    if (!begun && isWithin(range, event)) yield* begin();
    sequence = event.sequence;
    const entry = books.book(event);
    if (entry !== null && begun) yield { file, text: writer.write(entry), sequence };
  }
  if (!begun) yield* begin();
  for (const text of writer.finish()) yield { file, text, sequence };
}
