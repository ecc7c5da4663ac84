import type { Book } from '#domain/account/postings.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Tables } from '#projections/tables.ts';
import type { TransactionRecord } from '#projections/transactions/table.ts';
import { type CashMove, cashMoves } from '../cash-moves.ts';
import { cellsOf, figure, told } from '../define.ts';
import { type Definition, type FigureTable, NoSuchFigure, type Subject } from '../explanation.ts';
import { createLines } from '../lines.ts';

type Place = { readonly sequence: number; readonly line: number };

const pattern = /^(\d{1,15})-(\d{1,3})$/;

/** `120-2` is the second line of event 120; null for anything else. */
const placeOf = (id: string | null | undefined): Place | null => {
  const match = pattern.exec(id ?? '');
  return match === null ? null : { sequence: Number(match[1]), line: Number(match[2]) };
};

/** A line of the statement; without an id the last one. Throws NoSuchFigure. */
const lineIn = (tables: Tables, { accountId, id }: Subject): TransactionRecord => {
  let found: TransactionRecord | undefined;
  if (id == null) {
    for (const row of tables.transactions.values()) {
      const isLater =
        found === undefined ||
        row.sequence > found.sequence ||
        (row.sequence === found.sequence && row.line > found.line);
      if (row.accountId === accountId && isLater) found = row;
    }
  } else {
    found = tables.transactions.get(id);
  }
  if (found?.accountId === accountId) return found;
  throw new NoSuchFigure(
    id == null ? 'The account’s statement is empty.' : `The statement has no line ${id}.`,
  );
};

const isTrade = ({ data }: RecordedEvent): boolean =>
  data.type === 'OrderFilled' || data.type === 'FillBusted' || data.type === 'FillCorrected';

/** The statement's line that a movement of cash is in: commission is the second line of a trade. */
const lineNumber = (event: RecordedEvent, book: Book): number =>
  isTrade(event) && book === 'commission' ? 2 : 1;

/** The movements of cash that one line of the statement sums up. */
const amount: Definition = {
  ...figure('transactions.amount', 'cash', 'what a line of the statement moves'),
  begin: (subject) => {
    const wanted = placeOf(subject.id)?.sequence;
    let latest: readonly { readonly number: number; readonly move: CashMove }[] = [];
    return {
      see: (event) => {
        if (wanted !== undefined && event.sequence !== wanted) return;
        const moves = cashMoves(event);
        if (moves.length === 0) return;
        latest = moves.map((move) => ({ number: lineNumber(event, move.book), move }));
      },
      tell: (tables) => {
        const { line } = lineIn(tables, subject);
        return told(latest.filter(({ number }) => number === line).map(({ move }) => move.line));
      },
    };
  },
};

const balanceAfter: Definition = {
  ...figure('transactions.balance_after', 'cash', 'cash after a line of the statement'),
  begin: ({ id }, most) => {
    const { add, lines } = createLines(most);
    const place = placeOf(id);
    const isLater = (sequence: number, line: number): boolean =>
      place !== null &&
      (sequence > place.sequence || (sequence === place.sequence && line > place.line));
    return {
      see: (event) => {
        for (const { book, line } of cashMoves(event)) {
          if (!isLater(event.sequence, lineNumber(event, book))) add(line);
        }
      },
      tell: () => told(lines()),
    };
  },
};

/** The account statement. */
export const transactions: FigureTable = {
  view: 'transactions',
  needs: 'id',
  idIs: 'id of the statement’s line, such as 120-1',
  withoutId: 'the last line',
  row: (tables, subject) => cellsOf(lineIn(tables, subject)),
  key: (subject, tables) => {
    const place =
      subject.id == null && tables !== null ? lineIn(tables, subject) : placeOf(subject.id);
    return place === null ? null : [subject.accountId, place.sequence, place.line];
  },
  figures: [amount, balanceAfter],
};
