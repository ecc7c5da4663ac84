import { formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import type { Facts } from '#domain/reconciliation/correction.ts';
import type { StatementLine } from '../ports/broker-statement.ts';
import { planCodes } from './import-plan.ts';
import type { AccountKnowledge, PairedRows } from './knowledge.ts';
import type { Verdict } from './rehearsal.ts';
import { referenceOf, type SourcedLine } from './sourced-line.ts';

const saysTheSame = (line: StatementLine, said: Facts): boolean => {
  switch (line.kind) {
    case 'trade':
      return (
        said['quantity'] === formatQuantity(line.quantity) &&
        said['price'] === formatPrice(line.price)
      );
    case 'cash':
    case 'dividend':
      return said['amount'] === formatCash(line.amount);
    default:
      return true;
  }
};

/** The rows that are paired, each by its reference; of several breaks of one, by the latest. */
export const pairedRows = ({ paired }: AccountKnowledge): ReadonlyMap<string, PairedRows> =>
  new Map(
    [...paired.values()].flatMap((rows) =>
      rows.references.map((reference) => [reference, rows] as const),
    ),
  );

/**
 * What to do with a row that reconciling has paired with something that is booked under another reference: a person has
 * had it corrected, or has let it stand as it is, or is still to decide. Undefined for any other row.
 */
export const verdictOnPaired = (
  paired: ReadonlyMap<string, PairedRows>,
  sourced: SourcedLine,
): Verdict | undefined => {
  const row = paired.get(referenceOf(sourced));
  if (row === undefined) return undefined;
  const isAlone = row.references.length === 1;
  if (isAlone && !saysTheSame(sourced.line, row.theirs)) {
    const code = 'reference_conflict';
    return { outcome: 'conflict', code, why: planCodes[code] };
  }
  if (row.status === 'open') {
    return {
      outcome: 'conflict',
      code: 'break_open',
      why: `${planCodes.break_open} (${row.breakId})`,
    };
  }
  return {
    outcome: 'known',
    why: `booked under another reference: break ${row.breakId} was ${row.status}`,
  };
};
