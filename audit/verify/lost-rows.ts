import type { StoredRow } from '#projections/ports/read-tables.ts';

/** A row that none of the events made that a part of the work has seen; those of another part may have. */
export type LostRow = {
  readonly table: string;
  readonly key: string;
  /** The event that it says it was made by. */
  readonly madeBy: number;
  readonly row: StoredRow;
};

/** What a part makes of a lost row: it has that key and no row for it, or so many others of that event without one. */
export type Claim = 'key' | number;

/** What a part is told of lost rows at the end. */
export type Returned = {
  /** Rows that it had missed. */
  readonly adopted: readonly LostRow[];
  /** Of the rows that it had found, the keys of those that somebody missed, by table. */
  readonly missed: ReadonlyMap<string, ReadonlySet<string>>;
};

const placeOf = ({ table, madeBy }: LostRow): string => `${table} ${madeBy}`;

/** Who gets a row: whoever misses its key. A single one left on both sides is one whose key was changed. */
const adopterOf = (
  lost: LostRow,
  claims: readonly (Claim | undefined)[],
  alone: ReadonlyMap<string, number>,
): number | undefined => {
  const byKey = claims.indexOf('key');
  if (byKey >= 0) return byKey;
  const open = claims.reduce<number>((sum, claim) => sum + (claim === 'key' ? 0 : (claim ?? 0)), 0);
  if (open !== 1 || alone.get(placeOf(lost)) !== 1) return undefined;
  return claims.indexOf(1);
};

/** Returns lost rows, by the part that found them, to those that miss them; `claims` of each part, row by row. */
export const returnRows = (
  found: readonly (readonly LostRow[])[],
  claims: readonly (readonly Claim[])[],
): readonly Returned[] => {
  const all = found.flat();
  const claimsOf = (n: number) => claims.map((ofPart) => ofPart[n]);
  const alone = new Map<string, number>();
  for (const [n, lost] of all.entries()) {
    if (claimsOf(n).includes('key')) continue;
    alone.set(placeOf(lost), (alone.get(placeOf(lost)) ?? 0) + 1);
  }
  const adopted: LostRow[][] = claims.map(() => []);
  const missed = new Map<string, Set<string>>();
  for (const [n, lost] of all.entries()) {
    const adopter = adopterOf(lost, claimsOf(n), alone);
    if (adopter === undefined) continue;
    adopted[adopter]?.push(lost);
    missed.set(lost.table, (missed.get(lost.table) ?? new Set()).add(lost.key));
  }
  return adopted.map((own) => ({ adopted: own, missed }));
};
