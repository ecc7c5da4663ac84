import { hash } from 'node:crypto';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from './network-of.ts';

/** How long a login has to wait. Addresses that belong to nobody are treated like all others. */
export type LoginDelays = {
  /** Seconds to wait before the next attempt; 0 lets this one through, and what takes its turn takes it alone. */
  readonly before: (email: string, address: string) => Promise<number>;
  readonly failed: (email: string, address: string) => Promise<void>;
  readonly succeeded: (email: string, address: string) => Promise<void>;
};

/** A counter in memory, Postgres or Redis; `duration` in seconds. */
export type MakeCounter = (settings: {
  readonly keyPrefix: string;
  readonly points: number;
  readonly duration: number;
}) => Pick<RateLimiterAbstract, 'get' | 'set' | 'penalty' | 'consume' | 'block' | 'delete'>;

const inMemory: MakeCounter = (settings) => new RateLimiterMemory(settings);

/** Failures are counted in windows of an hour, in seconds. */
const windowSeconds = 60 * 60;
/** Timers of the memory counter end at 24 days. */
const knownSeconds = 14 * 24 * 60 * 60;

/** Failures that cost nothing, and the longest wait in seconds. */
const pairPolicy = { free: 3, most: 60, doublesEvery: 1 };
const userPolicy = { free: 20, most: 30, doublesEvery: 5 };
const networkPolicy = { free: 20, most: 60, doublesEvery: 5 };

const waitAfter = (failures: number, { free, most, doublesEvery }: typeof pairPolicy): number => {
  if (failures < free) return 0;
  return Math.min(most, 2 ** Math.min(30, Math.floor((failures - free) / doublesEvery)));
};

/** Counters hold no e-mail address, and no key longer than this. */
const keyOf = (...parts: readonly string[]): string =>
  hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22);

const secondsIn = (answer: RateLimiterRes | null): number =>
  answer === null ? 0 : Math.max(0, Math.ceil(answer.msBeforeNext / 1_000));

/**
 * Slows down who guesses passwords, and locks nobody out.
 *
 * - A pair of user and network: three failures are free, then 1, 2, 4 … 60 seconds. Who is let through after a wait
 *   takes the turn: attempts sent in parallel meet the next wait.
 * - A network (an IPv4 address, a /64 of IPv6) over all users: after twenty failures 1, then ever more up to 60 seconds
 *   between attempts. This slows trying one password on many users. A success does not clear it: whoever has one
 *   account of his own could clear it at will.
 * - A user over all networks: after twenty failures nobody's first attempt from a new network is free: it waits up to
 *   30 seconds, and so does each further one. The wait is the pair's own: a botnet is slowed at each of its
 *   addresses and cannot use up the turn of the user, who waits once and gets in.
 * - A pair that has logged in within two weeks is known: only its own failures count, not those of the user elsewhere nor
 *   those of its network.
 *
 * Failures are forgotten an hour after the first of them. The wait is an answer; no request sleeps.
 */
export const createLoginDelays = (makeCounter: MakeCounter = inMemory): LoginDelays => {
  const failures = makeCounter({ keyPrefix: 'lf', points: 1, duration: windowSeconds });
  const turns = makeCounter({ keyPrefix: 'lt', points: 1, duration: 1 });
  const known = makeCounter({ keyPrefix: 'lk', points: 1, duration: knownSeconds });

  const keysOf = (email: string, address: string) => {
    const network = networkOf(address);
    return {
      pair: keyOf('pair', email, network),
      user: keyOf('user', email),
      network: keyOf('network', network),
    };
  };
  type Keys = ReturnType<typeof keysOf>;

  const countOf = async (key: string) => (await failures.get(key))?.consumedPoints ?? 0;

  /** The waits in force for an attempt, in seconds. */
  const waitsOf = async (keys: Keys) => {
    const [own, user, network, met] = await Promise.all([
      failures.get(keys.pair),
      countOf(keys.user),
      countOf(keys.network),
      known.get(keys.pair),
    ]);
    const isKnown = met !== null;
    return {
      isFirst: own === null,
      ofUser: isKnown ? 0 : waitAfter(user, userPolicy),
      ofPair: waitAfter(own?.consumedPoints ?? 0, pairPolicy),
      ofNetwork: isKnown ? 0 : waitAfter(network, networkPolicy),
    };
  };

  /** Seconds until the turn is free; where it is, it is taken for `seconds`. */
  const take = async (key: string, seconds: number): Promise<number> => {
    if (seconds === 0) return 0;
    try {
      await turns.consume(key, 1, { customDuration: seconds });
      return 0;
    } catch (taken) {
      if (taken instanceof RateLimiterRes) return Math.max(1, secondsIn(taken));
      throw taken;
    }
  };

  return {
    before: async (email, address) => {
      const keys = keysOf(email, address);
      const waits = await waitsOf(keys);
      const pairWait = Math.max(waits.ofUser, waits.ofPair);
      if (waits.isFirst && waits.ofUser > 0) {
        await failures.set(keys.pair, 0, windowSeconds);
        await turns.block(keys.pair, pairWait);
        return pairWait;
      }
      // Looks before it takes: a turn that the other wait makes useless is not used up.
      const [ownTurn, networkTurn] = await Promise.all([
        pairWait === 0 ? null : turns.get(keys.pair),
        waits.ofNetwork === 0 ? null : turns.get(keys.network),
      ]);
      const waiting = Math.max(secondsIn(ownTurn), secondsIn(networkTurn));
      if (waiting > 0) return waiting;
      const left = await take(keys.pair, pairWait);
      return left > 0 ? left : take(keys.network, waits.ofNetwork);
    },
    failed: async (email, address) => {
      const keys = keysOf(email, address);
      await Promise.all(
        [keys.pair, keys.user, keys.network].map((key) => failures.penalty(key, 1)),
      );
      const waits = await waitsOf(keys);
      const pairWait = Math.max(waits.ofUser, waits.ofPair);
      if (pairWait > 0) await turns.block(keys.pair, pairWait);
      if (waits.ofNetwork > 0) await turns.block(keys.network, waits.ofNetwork);
    },
    succeeded: async (email, address) => {
      const { pair } = keysOf(email, address);
      await Promise.all([
        failures.delete(pair),
        turns.delete(pair),
        known.set(pair, 1, knownSeconds),
      ]);
    },
  };
};
