import { RowTrouble } from './row-trouble.ts';
import type { StatementDraft } from './statement-draft.ts';
import type { FindSymbol } from './symbols.ts';
import { aboutOf, type Row, sharesOf } from './trading212-row.ts';

/** A split is two rows: so many shares are closed, and so many of the same opened. */
export const readSplits = (rows: readonly Row[], find: FindSymbol, draft: StatementDraft): void => {
  const left = new Set(rows);
  const isClose = ({ action }: Row) => action.toLowerCase() === 'stock split close';
  for (const open of rows.filter((row) => !isClose(row))) {
    draft.reading(open.row, () => {
      left.delete(open);
      const newShares = sharesOf(open);
      const isOther = (row: Row) => isClose(row) && row.cell('ISIN') === open.cell('ISIN');
      const close = [...left].find(
        (row) => isOther(row) && row.at.slice(0, 10) === open.at.slice(0, 10),
      );
      if (close === undefined) {
        throw new RowTrouble(
          'split_ratio_unknown',
          'the row that closes the old shares is not there',
        );
      }
      const oldShares = sharesOf(close);
      if (newShares <= 0n || oldShares <= 0n || newShares === oldShares) {
        throw new RowTrouble(
          'split_ratio_unknown',
          'as many shares came as went: that is no split',
        );
      }
      left.delete(close);
      draft.note(close.row, `told together with row ${open.row}`);
      const symbol = find(open.cell('ISIN'), open.cell('Ticker'));
      return [{ ...aboutOf(open), kind: 'split', symbol, newShares, oldShares }];
    });
  }
  for (const row of left) {
    draft.reading(row.row, () => {
      sharesOf(row);
      throw new RowTrouble('split_ratio_unknown', 'the row that opens the new shares is not there');
    });
  }
};
