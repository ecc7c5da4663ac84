import type { Clock } from '#commands/ports/clock.ts';
import type { MarketFeed, MarketUpdate } from '#commands/ports/market-feed.ts';
import { invariant } from '#domain/invariant.ts';
import { fromMilliseconds, type Instant, type SessionDate, toMilliseconds } from '#domain/time.ts';
import { spanOf } from './bar-path.ts';
import { createMarketState } from './market-state.ts';
import type { RecordedBars } from './recorded-bars.ts';
import { createReplayClock, type Timer } from './replay-clock.ts';
import { replayScript, type Scene } from './replay-script.ts';
import { type RecordedMarketOptions, recordedMarketSettings } from './settings.ts';

export type RecordedMarket = MarketFeed & {
  /** Plays the next instant at which something happens; false = the data has ended. */
  readonly step: () => Promise<boolean>;
  /** Plays to the end of the open session, or of the next one; false = the data has ended. */
  readonly stepSession: () => Promise<boolean>;
  /** True when there is nothing left to play: the market then stays closed. */
  readonly ended: () => boolean;
};

type Listener = (update: MarketUpdate) => Promise<void>;

export type RecordedMarketParts = {
  readonly bars: RecordedBars;
  readonly settings?: RecordedMarketOptions;
  /** The last session that is over already; the market begins closed, with that session's closing quotes. */
  readonly startAfter?: SessionDate;
  /**
   * How far the market had come before a restart: what happened up to and at this instant is taken in silently,
   * and the market goes on from there, also in the middle of a session.
   */
  readonly resumeAt?: Instant;
  /** Real time, only used while the market runs by itself. */
  readonly clock: Clock;
  readonly timer: Timer;
  /** A listener rejected while the market ran by itself; the market has stopped. */
  readonly onFailure: (error: unknown) => void;
};

/**
 * Recorded bars as a market that moves by a replay clock. Every listener is awaited for every update, so nothing
 * is ever lost or reordered. A listener that rejects stops the market (`step` rejects); the update is not repeated.
 * `latest` knows a symbol from its first print on (or from `startAfter`).
 */
export const createRecordedMarket = (parts: RecordedMarketParts): RecordedMarket => {
  const settings = recordedMarketSettings.parse(parts.settings ?? {});
  const state = createMarketState(settings);
  const { sessions, symbols } = parts.bars;
  const { startAfter } = parts;
  const past = startAfter === undefined ? [] : sessions.filter(({ date }) => date <= startAfter);
  state.skip(past);
  const lastPast = past.at(-1);
  const next = sessions[past.length];
  const script = replayScript(sessions.slice(past.length), state);
  const draw = (): Scene | undefined => {
    const drawn = script.next();
    return drawn.done === true ? undefined : drawn.value;
  };
  let ahead = draw();

  const begin =
    lastPast !== undefined
      ? spanOf(lastPast).closesAt
      : next === undefined
        ? 0
        : spanOf(next).opensAt;
  const clock = createReplayClock({ ...settings, begin, clock: parts.clock });
  const listeners = new Set<Listener>();

  const resume = (until: number): void => {
    while (ahead !== undefined && ahead.at <= until) {
      for (const act of ahead.acts) act();
      clock.reach(ahead.at);
      ahead = draw();
    }
    if (ahead !== undefined && !ahead.opensSession) clock.reach(until);
  };
  if (parts.resumeAt !== undefined) resume(toMilliseconds(parts.resumeAt));

  /** How much of the scene ahead has been played: a listener's failure leaves the rest of it for the next turn. */
  let played = 0;
  const playNext = async (): Promise<boolean> => {
    if (ahead === undefined) return false;
    clock.reach(ahead.at);
    for (const act of ahead.acts.slice(played)) {
      played += 1;
      const update = act();
      for (const listener of [...listeners]) await listener(update);
    }
    played = 0;
    ahead = draw();
    return true;
  };

  let turn: Promise<unknown> = Promise.resolve();
  /** One caller at a time: two scenes never overlap. */
  const inTurn = <Result>(play: () => Promise<Result>): Promise<Result> => {
    const result = turn.then(play);
    turn = result.catch(() => undefined);
    return result;
  };

  let running = false;
  let cancelTimer = (): void => undefined;
  /** Lets the clock run toward the next scene, and plays it when it is due. */
  const schedule = (): void => {
    if (!running || ahead === undefined) {
      running = false;
      return;
    }
    const wait = clock.runToward(ahead.at, ahead.opensSession);
    cancelTimer = parts.timer(wait, () => {
      inTurn(async () => running && (await playNext())).then(schedule, (error: unknown) => {
        running = false;
        parts.onFailure(error);
      });
    });
  };

  const stepped = (play: () => Promise<boolean>): Promise<boolean> =>
    inTurn(() => {
      invariant(!running, 'a market that runs by itself is not stepped');
      return play();
    });

  return {
    source: 'recorded',
    symbols: () => symbols,
    latest: state.latest,
    now: () => fromMilliseconds(clock.now()),
    session: state.session,
    listen: (listener) => {
      // A listener of its own per call: the same function may listen twice.
      const own: Listener = (update) => listener(update);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    start: () => {
      if (running || settings.speed === 0) return;
      running = true;
      schedule();
    },
    stop: async () => {
      running = false;
      cancelTimer();
      clock.halt();
      await turn;
    },
    step: () => stepped(playNext),
    stepSession: () =>
      stepped(async () => {
        let more = await playNext();
        while (more && state.session() !== null) more = await playNext();
        return more;
      }),
    ended: () => ahead === undefined,
  };
};
