import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import { type AccountId, reconciliationStream } from '#domain/ids.ts';
import { isReconciliationEvent } from '#domain/recorded-event.ts';
import { projectReconciliation } from '#projections/breaks/project.ts';
import type { BreakRow } from '#projections/ports/queries.ts';
import { createTables } from '#projections/tables.ts';

/**
 * The breaks of an account, oldest first, folded from its reconciliations by the code that fills the read table: the
 * same rows, but also right where no server has brought the tables up to date.
 */
export const listBreaks = async (
  { log }: Pick<LookSnapshot, 'log'>,
  account: AccountId,
): Promise<readonly BreakRow[]> => {
  const tables = createTables(true);
  for await (const page of log.events({ stream: reconciliationStream(account) })) {
    for (const stored of page) {
      const event = log.decode(stored);
      const { data } = event;
      if (isReconciliationEvent(data)) projectReconciliation({ ...event, data }, tables);
    }
  }
  return [...tables.breaks.values()].sort((a, b) => a.createdSequence - b.createdSequence);
};
