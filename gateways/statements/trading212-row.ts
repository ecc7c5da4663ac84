import type { Quantity } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { readQuantity } from './decimals.ts';
import { RowTrouble } from './row-trouble.ts';

export type Cell = (name: string) => string;

export type Row = {
  readonly row: number;
  readonly cell: Cell;
  readonly action: string;
  readonly at: Instant;
  readonly reference: string;
};

/** The currency of a column's figure. */
export const currencyOf = ({ cell }: Row, column: string): string => cell(`Currency (${column})`);

/** Throws RowTrouble where the row does not say. */
export const sharesOf = ({ cell }: Row): Quantity => {
  const text = cell('No. of shares');
  if (text === '') throw new RowTrouble('quantity_missing', 'the column "No. of shares" is empty');
  return readQuantity(text, 'No. of shares');
};

export const aboutOf = ({ row, at, reference, action, cell }: Row) => ({
  row,
  at,
  reference,
  description: [action, cell('Ticker'), cell('Name'), cell('Notes')]
    .filter((part) => part !== '')
    .join(' '),
});
