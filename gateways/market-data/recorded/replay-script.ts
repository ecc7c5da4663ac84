import type { MarketUpdate } from '#commands/ports/market-feed.ts';
import { type Print, pathOf, spanOf } from './bar-path.ts';
import type { MarketState } from './market-state.ts';
import type { RecordedSession } from './recorded-bars.ts';

/** All that happens in the market at one instant, in order. Each act changes the state when it is played. */
export type Scene = {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly acts: readonly (() => MarketUpdate)[];
  /** The first scene of a session: nothing leads up to it but the night. */
  readonly opensSession: boolean;
};

/** Prints of all symbols by instant, instants in order; within one the symbols go by the alphabet. */
const printsByInstant = (session: RecordedSession): ReadonlyMap<number, readonly Print[]> => {
  const span = spanOf(session);
  const prints = [...session.bars.values()].flatMap((bars) => [...pathOf(bars, span)]);
  const instants = new Map<number, Print[]>();
  // Sorting is stable: symbols stay in the order they have in the session.
  for (const print of prints.sort((left, right) => left.at - right.at)) {
    const together = instants.get(print.at);
    if (together === undefined) instants.set(print.at, [print]);
    else together.push(print);
  }
  return instants;
};

/** One session as scenes: it opens with the first and closes with the last, both on time. */
function* scenesOf(session: RecordedSession, state: MarketState): Generator<Scene> {
  const { opensAt, closesAt } = spanOf(session);
  const prints = printsByInstant(session);
  const instants = [...new Set([opensAt, ...prints.keys(), closesAt])].sort((a, b) => a - b);
  for (const at of instants) {
    const acts = (prints.get(at) ?? []).map((print) => () => state.print(print));
    if (at === opensAt) acts.unshift(() => state.open(session.date, at));
    if (at === closesAt) acts.push(() => state.close(at));
    yield { at, acts, opensSession: at === opensAt };
  }
}

/** The scenes of all sessions, built one session at a time. */
export function* replayScript(
  sessions: readonly RecordedSession[],
  state: MarketState,
): Generator<Scene> {
  for (const session of sessions) yield* scenesOf(session, state);
}
