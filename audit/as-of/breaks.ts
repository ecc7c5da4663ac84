import { type AccountId, type BreakId, reconciliationStream } from '#domain/ids.ts';
import type { ReconciliationEvent } from '#domain/reconciliation/events.ts';
import { isReconciliationEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { type BreakTables, projectReconciliation } from '#projections/breaks/project.ts';
import type { BreakFilter, BreakRow, Page, ReconciliationRow } from '#projections/ports/queries.ts';
import { createTables } from '#projections/tables.ts';
import type { PastReader, Shown } from '../ports/past.ts';
import { isBy } from './truth.ts';

const pageMost = 500;

const namedIn = (data: ReconciliationEvent): readonly BreakId[] =>
  data.type === 'StatementReconciled' ? data.seenAgain : [data.breakId];

/** When each event happened: at its effective time, but no sooner than what was recorded of its breaks before. */
const createTimes = () => {
  const latest = new Map<BreakId, Instant>();
  return (data: ReconciliationEvent, effectiveAt: Instant): Instant => {
    let at = effectiveAt;
    for (const breakId of namedIn(data)) {
      const before = latest.get(breakId);
      if (before !== undefined && before > at) at = before;
    }
    for (const breakId of namedIn(data)) latest.set(breakId, at);
    return at;
  };
};

/**
 * What was found by reconciling an account, in a view: its stream of reconciliations folded from the first event on.
 * That holds a few events a statement, so nothing of it is kept in segments. Holds the account's breaks in memory.
 */
export const breaksIn = async (
  reader: PastReader,
  accountId: AccountId,
  { until, end }: Shown,
): Promise<BreakTables> => {
  const tables = createTables(true);
  const happenedAt = createTimes();
  let revision = 0;
  for (;;) {
    const stream = reconciliationStream(accountId);
    const page = await reader.streamAfter(stream, revision, until, pageMost);
    for (const event of page) {
      const { data, sequence, effectiveAt } = event;
      if (!isReconciliationEvent(data)) continue;
      const happening = { at: happenedAt(data, effectiveAt), origin: sequence };
      if (end === null || isBy(end, happening)) projectReconciliation({ ...event, data }, tables);
    }
    if (page.length < pageMost) return tables;
    revision = page.at(-1)?.revision ?? revision;
  }
};

type Listed = Pick<BreakFilter, 'cursor' | 'direction' | 'limit'>;

const listed = <Row>(
  rows: readonly Row[],
  placeOf: (row: Row) => number,
  { cursor, limit, direction = 'desc' }: Listed,
): Page<Row> => {
  const sign = direction === 'asc' ? 1 : -1;
  const after = rows
    .filter((row) => cursor === undefined || sign * (placeOf(row) - cursor) > 0)
    .toSorted((left, right) => sign * (placeOf(left) - placeOf(right)));
  const page = after.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, next: after.length > limit && last !== undefined ? placeOf(last) : null };
};

/** A page of breaks, by when each was found first. */
export const breakPage = ({ breaks }: BreakTables, filter: BreakFilter): Page<BreakRow> => {
  const { statuses, kinds } = filter;
  const rows = [...breaks.values()].filter(
    ({ status, kind }) => (statuses?.includes(status) ?? true) && (kinds?.includes(kind) ?? true),
  );
  return listed(rows, ({ createdSequence }) => createdSequence, filter);
};

/** A page of reconciliations. */
export const reconciliationPage = (
  { reconciliations }: BreakTables,
  paging: Listed,
): Page<ReconciliationRow> =>
  listed([...reconciliations.values()], ({ sequence }) => sequence, paging);
