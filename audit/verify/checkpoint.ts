import type { TableReader } from '../ports/table-reader.ts';
import type { FindingSink } from './finding.ts';

/** How far the read tables are. They may not be before `booksAt`, which an earlier run has compared. Throws where they are. */
export const readCheckpoint = async (
  tables: Pick<TableReader, 'live'>,
  booksAt: number,
): Promise<number> => {
  const { checkpoint } = await tables.live();
  if (checkpoint >= booksAt) return checkpoint;
  throw new Error(
    `The read tables are at event ${checkpoint}, the earlier run had read them at ${booksAt}: wait until they have caught up.`,
  );
};

/** The read tables cannot have seen what is not in the log. */
export const checkCheckpointInLog = (
  findings: FindingSink,
  checkpoint: number,
  head: number,
): void => {
  if (checkpoint <= head) return;
  findings.add({
    kind: 'checkpoint_beyond_log',
    sequence: head + 1,
    column: 'checkpoint',
    expected: `at most ${head}`,
    actual: String(checkpoint),
    message: `The read tables have seen events up to ${checkpoint}, the log ends at ${head}: its end is missing.`,
  });
};

/** The read tables have no rows of events that they say they have not seen: else the checkpoint was moved back. */
export const checkCheckpointAtRows = (
  findings: FindingSink,
  checkpoint: number,
  lastOfRows: number,
): void => {
  if (lastOfRows <= checkpoint) return;
  findings.add({
    kind: 'checkpoint_behind_rows',
    sequence: checkpoint + 1,
    column: 'checkpoint',
    expected: `at least ${lastOfRows}`,
    actual: String(checkpoint),
    message: `The read tables say that they have seen events up to ${checkpoint}, and have rows of event ${lastOfRows}.`,
  });
};
