import cors from 'cors';
import type { Express } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Guard } from './admit.ts';
import { connectRedis, createCounter, defaultRateLimits, type RateLimits } from './rate-limits.ts';
import { limitRequests } from './request-limits.ts';

export type ProtectionOptions = {
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly limits?: RateLimits;
  /** Counts for all processes together; without it each counts for itself. */
  readonly redisUrl?: string | null;
  /** Pages of these origins may use the API, such as `https://desk.example`; none by default. */
  readonly corsOrigins?: readonly string[];
};

export type Protection = {
  /** Adds headers and CORS; before all routes. */
  readonly protect: (app: Express) => void;
  /** The limits. */
  readonly guard: Guard;
  /** Ends the connection to Redis. */
  readonly close: () => void;
};

const yearSeconds = 31_536_000;

/** For answers that are data and never a page; what serves a page sets its own policy over this one. */
const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] },
  },
  // Browsers heed it over TLS only. Other hosts of the domain are not ours to speak for.
  strictTransportSecurity: { maxAge: yearSeconds, includeSubDomains: false },
  xFrameOptions: { action: 'deny' },
  // These say something to pages with scripts, to old browsers or to Flash only.
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

const preflightSeconds = 600;

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

/** Throws TypeError where an origin is none, such as one with a path or `*`. */
const crossOrigin = (origins: readonly string[]): ReturnType<typeof cors> => {
  const wrong = origins.find((origin) => !isOrigin(origin));
  if (wrong !== undefined) throw new TypeError(`not an origin: ${wrong}`);
  return cors({
    origin: [...origins],
    credentials: false,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'X-API-Key',
      'X-Request-Id',
    ],
    exposedHeaders: [
      'Idempotency-Replayed',
      'Ledger-Sequence',
      'Ledger-As-Of',
      'Location',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'Retry-After',
      'X-Request-Id',
    ],
    maxAge: preflightSeconds,
  });
};

/** What stands before the routes: headers for browsers, other origins, and limits. */
export const createProtection = ({
  log,
  limits = defaultRateLimits,
  redisUrl = null,
  corsOrigins = [],
}: ProtectionOptions): Protection => {
  const handleCors = corsOrigins.length === 0 ? null : crossOrigin(corsOrigins);
  const redis = redisUrl === null ? undefined : connectRedis(redisUrl, log);
  return {
    protect: (app) => {
      app.use(securityHeaders);
      if (handleCors !== null) app.use(handleCors);
    },
    guard: limitRequests({
      key: createCounter('key', limits.key, redis),
      user: createCounter('user', limits.user, redis),
      anonymous: createCounter('anonymous', limits.address, redis),
      guesses: createCounter('guesses', limits.address, redis),
    }),
    close: () => redis?.disconnect(),
  };
};
