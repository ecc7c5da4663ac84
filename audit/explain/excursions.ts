import { formatPrice, formatQuantity, type Price, type Quantity } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { PriceMarkRecord } from '#projections/marks/table.ts';
import type { Line } from './explanation.ts';
import type { Move } from './position-moves.ts';

/** A position from its opening on, before whatever comes next. */
type Standing = {
  readonly since: Move;
  readonly quantity: bigint;
  readonly cost: bigint;
  readonly realized: bigint;
};

/** A price that a position saw, and who showed it. */
type Seen = {
  readonly price: bigint;
  readonly sequence: number;
  readonly at: Instant;
  readonly whose: string;
};

type Found = { readonly pnl: bigint; readonly seen: Seen; readonly standing: Standing };

export type Direction = 'favorable' | 'adverse';

const pnlAt = ({ quantity, cost, realized }: Standing, price: bigint): bigint =>
  realized + quantity * price - cost;

/** High and low of a later session; of the session of the last change only the close lies after it for sure. */
const shownBy = (mark: PriceMarkRecord, { since }: Standing): readonly Seen[] => {
  const { sequence, markedAt: at, session } = mark;
  const one = (price: Price, name: string): Seen => ({
    price,
    sequence,
    at,
    whose: `the ${name} of ${session}`,
  });
  return session > since.session
    ? [one(mark.high, 'high'), one(mark.low, 'low')]
    : [one(mark.close, 'close')];
};

const afterMove = (before: Standing | null, move: Move): Standing => ({
  since: move,
  quantity: (before?.quantity ?? 0n) + move.quantity,
  cost: (before?.cost ?? 0n) + move.cost,
  realized: (before?.realized ?? 0n) + move.realized,
});

/** The best or the worst that a position from its first move on was ever worth beyond its cost; null where that is nothing. */
const extremeOf = (
  cycle: readonly Move[],
  marks: readonly PriceMarkRecord[],
  direction: Direction,
): Found | null => {
  let found: Found | null = null;
  let standing: Standing | null = null;
  let next = 0;
  const look = (seen: Seen): void => {
    if (standing === null) return;
    const pnl = pnlAt(standing, seen.price);
    const record = found?.pnl ?? 0n;
    if (direction === 'favorable' ? pnl > record : pnl < record) found = { pnl, seen, standing };
  };
  const lookAtMarks = (before: number): void => {
    for (; next < marks.length; next += 1) {
      const mark = marks[next];
      if (mark === undefined || mark.sequence >= before) return;
      if (standing === null || mark.sequence <= standing.since.sequence) continue;
      for (const seen of shownBy(mark, standing)) look(seen);
    }
  };
  for (const move of cycle) {
    if (move.kind === 'undone') continue;
    lookAtMarks(move.sequence);
    const { sequence, at, price } = move;
    if (move.kind !== 'splits') look({ price, sequence, at, whose: 'the own fill' });
    standing = afterMove(standing, move);
  }
  if (cycle.at(-1)?.ends !== true) lookAtMarks(Number.POSITIVE_INFINITY);
  return found;
};

/** Best or worst of realized + unrealized of a position so far, with the price that set it. `marks` of its symbol in the order of the log. */
export const excursionLines = (
  cycle: readonly Move[],
  marks: readonly PriceMarkRecord[],
  direction: Direction,
): readonly Line[] => {
  const found = extremeOf(cycle, marks, direction);
  const [first] = cycle;
  if (found === null) {
    if (first === undefined) return [];
    const never = direction === 'favorable' ? 'above' : 'below';
    const what = `never ${never} zero since it was opened`;
    return [{ sequence: first.sequence, at: first.at, what, amount: 0n }];
  }
  const { seen, standing } = found;
  const { sequence, at } = standing.since;
  const held = formatQuantity(standing.quantity as Quantity);
  const lines = [
    {
      sequence: seen.sequence,
      at: seen.at,
      what: `${held} × ${formatPrice(seen.price as Price)}, ${seen.whose}`,
      amount: standing.quantity * seen.price,
    },
    { sequence, at, what: 'less what they had cost', amount: -standing.cost },
  ];
  return standing.realized === 0n
    ? lines
    : [...lines, { sequence, at, what: 'realized until then', amount: standing.realized }];
};
