import type { Facts } from '#domain/reconciliation/correction.ts';
import type { Break } from '#domain/reconciliation/events.ts';
import { idsOfOurs } from '#domain/reconciliation/our-side.ts';
import type { CashMatches } from './match-cash.ts';
import type { FillMatches } from './match-fills.ts';
import type { SplitMatches } from './match-splits.ts';

type Matches = {
  readonly fills: FillMatches;
  readonly cash: CashMatches | null;
  readonly splits: SplitMatches | null;
};

/** What of ours rows of a statement were matched with and no break is about: executions and events, by id. */
export const agreedOf = (
  { fills, cash, splits }: Matches,
  found: readonly Break[],
): ReadonlySet<string> => {
  const agreed = new Set<string>([
    ...fills.pairs.map(({ ours }) => ours.executionId),
    ...fills.groups.flatMap(({ ours }) => ours.map(({ executionId }) => executionId)),
    ...(cash?.pairs ?? []).map(({ ours }) => ours.id),
    ...(splits?.pairs ?? []).map(({ ours }) => ours.id),
  ]);
  const sides = found.map(({ ours }) => ours).filter((ours): ours is Facts => ours !== null);
  for (const ours of sides) for (const id of idsOfOurs(ours)) agreed.delete(id);
  return agreed;
};
