import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';

/** So many requests in a window of so many seconds, which begins with the first of them. */
export type Allowance = { readonly requests: number; readonly seconds: number };

export type RateLimits = {
  /** Of one API key. */
  readonly key: Allowance;
  /** Of one user: all sessions and keys together. */
  readonly user: Allowance;
  /** Of one network address: for requests without a credential, and as many again with one that is not good. */
  readonly address: Allowance;
};

/** A thousand requests a second for a key: more than a bot needs, a third of what one process serves. */
export const defaultRateLimits: RateLimits = {
  key: { requests: 10_000, seconds: 10 },
  user: { requests: 20_000, seconds: 10 },
  address: { requests: 100, seconds: 10 },
};

/** What is left to a subject after a request. */
export type Count = {
  readonly allowance: Allowance;
  readonly remaining: number;
  /** Seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
  /** The request is one too many. */
  readonly exceeded: boolean;
};

/** Counts requests by subject. Never rejects: where Redis does not answer, this process's own count holds. */
export type Counter = (subject: string) => Promise<Count>;

/** Long for a neighbour's answer, short for a request that waits; then the connection is given up and made anew. */
const redisTimeoutMs = 200;
const redisRetryMs = 1_000;

/**
 * A connection whose commands fail at once while it is down: nothing is queued, nothing sent twice.
 * The caller ends it with `disconnect`.
 */
export const connectRedis = (url: string, log: Pick<Logger, 'info' | 'warn'>): Redis => {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 5_000,
    socketTimeout: redisTimeoutMs,
    retryStrategy: () => redisRetryMs,
  });
  // Once per outage: each further attempt fails with an event of its own.
  let isDown = false;
  let reason = 'the connection was lost';
  // The message alone: an error of Redis names the command that failed, and its arguments may be a password.
  redis.on('error', ({ message }) => {
    reason = message;
  });
  redis.on('reconnecting', () => {
    if (!isDown) log.warn({ reason }, 'no Redis: each process counts requests for itself');
    isDown = true;
  });
  redis.on('ready', () => {
    if (isDown) log.info('Redis is back: requests are counted there');
    isDown = false;
  });
  return redis;
};

const limiterOf = (
  name: string,
  { requests, seconds }: Allowance,
  redis: Redis | undefined,
): RateLimiterAbstract => {
  const common = { points: requests, duration: seconds };
  const memory = new RateLimiterMemory({ ...common, keyPrefix: name });
  if (redis === undefined) return memory;
  return new RateLimiterRedis({
    ...common,
    keyPrefix: `order-ledger:requests:${name}`,
    storeClient: redis,
    // Who has used up everything is refused without asking Redis again.
    inMemoryBlockOnConsumed: requests,
    rejectIfRedisNotReady: true,
    insuranceLimiter: memory,
  });
};

/** A counter for one kind of subject, in Redis where there is one and in memory otherwise. */
export const createCounter = (name: string, allowance: Allowance, redis?: Redis): Counter => {
  const limiter = limiterOf(name, allowance, redis);
  const countOf = (result: RateLimiterRes, exceeded: boolean): Count => ({
    allowance,
    remaining: exceeded ? 0 : result.remainingPoints,
    resetSeconds: Math.max(1, Math.ceil(result.msBeforeNext / 1_000)),
    exceeded,
  });
  return async (subject) => {
    try {
      return countOf(await limiter.consume(subject), false);
    } catch (error) {
      if (error instanceof RateLimiterRes) return countOf(error, true);
      throw error;
    }
  };
};
