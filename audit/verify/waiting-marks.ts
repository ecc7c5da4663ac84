import type { NaiveHolding } from './naive-holdings.ts';
import { type Mark, type NaivePosition, show } from './naive-positions.ts';

/**
 * A mark is shown to every open holding of its symbol. Not at once, for there may be thousands of them: a few marks wait,
 * and a holding is shown them before anything else befalls it, or all holdings together once there are many.
 */
export type Waiting = {
  /** Holdings that are not flat, by symbol: marks are shown to each. */
  readonly open: Map<string, Set<NaiveHolding>>;
  /** The last marks by symbol, which those have not all been shown yet. */
  readonly waitingMarks: Map<string, Mark[]>;
};

const waitingMax = 64;

/** Shows a holding the marks that wait for it. */
export const showWaiting = ({ waitingMarks }: Waiting, position: NaivePosition): void => {
  const marks = waitingMarks.get(position.symbol);
  if (marks === undefined) return;
  let first = marks.length;
  while (first > 0 && (marks[first - 1] as Mark).sequence > position.shownTo) first -= 1;
  for (; first < marks.length; first += 1) show(position, marks[first] as Mark);
  position.shownTo = Math.max(position.shownTo, marks.at(-1)?.sequence ?? 0);
};

/** Several marks as one, for a holding that all of them are of a later session for. */
const together = (marks: readonly Mark[]): Mark | null => {
  const [first, ...others] = marks;
  if (first === undefined) return null;
  let { session, high, low, sequence } = first;
  for (const mark of others) {
    if (mark.session < session) session = mark.session;
    if (mark.high > high) high = mark.high;
    if (mark.low < low) low = mark.low;
    sequence = mark.sequence;
  }
  return { sequence, session, high, low, close: first.close };
};

const showAllOf = (books: Waiting, symbol: string): void => {
  const marks = books.waitingMarks.get(symbol) ?? [];
  const all = together(marks);
  const begins = marks[0]?.sequence ?? 0;
  for (const { position } of books.open.get(symbol) ?? []) {
    if (all === null || position.shownTo >= begins || position.session >= all.session) {
      showWaiting(books, position);
      continue;
    }
    show(position, all);
    position.shownTo = all.sequence;
  }
  books.waitingMarks.delete(symbol);
};

/** Lets a mark wait until it has to be shown. */
export const waitToBeShown = (books: Waiting, symbol: string, mark: Mark): void => {
  const marks = books.waitingMarks.get(symbol) ?? [];
  books.waitingMarks.set(symbol, marks);
  marks.push(mark);
  if (marks.length >= waitingMax) showAllOf(books, symbol);
};

/** Shows all that waits: so that the books can be put aside. */
export const showAll = (books: Waiting): void => {
  for (const symbol of [...books.waitingMarks.keys()]) showAllOf(books, symbol);
};
