import { formatCash } from '#domain/money.ts';
import { amountOf, type DegiroRow, type Reading, saidBy } from './degiro-rows.ts';
import { RowTrouble } from './row-trouble.ts';

/** The other side of a conversion: of the same order and minute, the nearest row in another currency and of the other sign. */
const otherSide = (from: DegiroRow, left: ReadonlySet<DegiroRow>): DegiroRow | undefined => {
  let nearest: DegiroRow | undefined;
  for (const row of left) {
    const isOther = row.currency !== 'USD' && row.order === from.order && row.at === from.at;
    const isOpposite = (row.amount ?? 0n) < 0n !== (from.amount ?? 0n) < 0n;
    if (!isOther || !isOpposite) continue;
    const distance = (one: DegiroRow) => Math.abs(one.row - from.row);
    if (nearest === undefined || distance(row) < distance(nearest)) nearest = row;
  }
  return nearest;
};

/** Reads rows that change one currency for another: the side in USD is booked, the other is told with it. */
export const readConversions = (
  rows: readonly DegiroRow[],
  { reference, draft }: Reading,
): void => {
  const left = new Set(rows.filter(({ currency }) => currency !== 'USD'));
  for (const from of rows.filter(({ currency }) => currency === 'USD')) {
    draft.reading(from.row, () => {
      const other = otherSide(from, left);
      if (other === undefined) {
        throw new RowTrouble('conversion_incomplete', 'the other currency has no row');
      }
      left.delete(other);
      draft.note(other.row, `the other side of the conversion in row ${from.row}`);
      const amount = amountOf(from);
      const rate = from.rate || other.rate || 'an unstated rate';
      const away = `${other.currency} ${formatCash(amountOf(other))}`;
      return [
        {
          kind: 'cash',
          category: 'conversion',
          row: from.row,
          at: from.at,
          amount,
          description: `Currency conversion of ${away} at ${rate}`,
          reference: reference(saidBy(from, 'conversion')),
        },
      ];
    });
  }
  for (const { row, currency } of left) {
    draft.problem(
      row,
      'currency_not_supported',
      `a conversion of ${currency} that is not into USD`,
    );
  }
};
