import { isIP } from 'node:net';
import { z } from 'zod';
import type { SealEvery } from '#audit/seals/sealer.ts';
import { parseTargets } from '#audit/seals/targets.ts';
import { parseSigningKeys, type SigningKeys } from '#identity/secrets.ts';
import { type Allowance, defaultRateLimits, type RateLimits } from '../http/rate-limits.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'])
  .transform((text) => text === 'true' || text === '1' || text === 'yes');

const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres://');

const listed = z.string().transform((text) => text.split(',').map((part) => part.trim()));
const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;
const isProxy = (text: string): boolean => {
  const [address = '', bits, ...rest] = text.split('/');
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  return isIP(address) !== 0 && rest.length === 0 && (bits === undefined || /^\d{1,3}$/.test(bits));
};

/** `10000/10`: so many requests in so many seconds. */
const allowance = (standard: Allowance) =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}\/[1-9]\d{0,4}$/, 'must be requests/seconds, such as 10000/10')
    .transform((text): Allowance => {
      const [requests, seconds] = text.split('/').map(Number);
      return { requests: requests ?? 0, seconds: seconds ?? 0 };
    })
    .default(standard);

const signingKeys = z.string().transform((text, context): SigningKeys => {
  try {
    return parseSigningKeys(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'cannot be read';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
});

const sealTargets = listed.transform((texts, context): readonly string[] => {
  try {
    parseTargets(texts);
    return texts;
  } catch (error) {
    const message = error instanceof Error ? error.message : 'cannot be read';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
});

/** Every environment variable the server reads; all have a default that works on a fresh clone. */
const environment = z.object({
  /** Where the embedded database, own secrets and the log are kept. */
  DATA_DIRECTORY: z.string().min(1).default('data'),
  /** An own PostgreSQL instead of the embedded one. */
  DATABASE_URL: postgresUrl.optional(),
  /** A replica of the database that audits and questions about the past read, so that they cost trading nothing. */
  AUDIT_DATABASE_URL: postgresUrl.optional(),
  /** The address to listen on; anything but loopback opens the ledger to the network. */
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(3000),
  /** What signs access tokens, `kid:base64url` separated by commas: the first signs, all of them verify. */
  JWT_KEYS: signingKeys.optional(),
  /** A file that holds what JWT_KEYS would. */
  JWT_KEYS_FILE: z.string().min(1).optional(),
  /** The Ed25519 key that seals are signed with, PEM; without it the data directory's own, made at the first seal. */
  SEAL_KEY_FILE: z.string().min(1).optional(),
  /** The server seals the log after so many events and after so many minutes, if anything came; 0 turns one off. */
  SEAL_EVERY_EVENTS: z.coerce.number().int().min(0).max(1_000_000_000).default(10_000),
  SEAL_EVERY_MINUTES: z.coerce.number().int().min(0).max(525_600).default(60),
  /** Where each seal is kept besides: files, folders (an end in / makes one) and http(s) URLs, separated by commas. */
  SEAL_TO: sealTargets.default([]),
  /** Web pages' origins that may use the API from a browser, separated by commas. */
  CORS_ORIGINS: listed
    .refine((all) => all.every(isOrigin), 'must be origins such as https://desk.example.org')
    .default([]),
  /** Where request limits are counted for several servers together; in memory without it. */
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
    .optional(),
  /** By API key, by user (all sessions and keys together), and by network address without a good credential. */
  RATE_LIMIT_KEY: allowance(defaultRateLimits.key),
  RATE_LIMIT_USER: allowance(defaultRateLimits.user),
  RATE_LIMIT_ADDRESS: allowance(defaultRateLimits.address),
  /** Whose word on a client's address to take: how many proxies, or their addresses, separated by commas. */
  TRUST_PROXY: z
    .union([
      z
        .string()
        .regex(/^\d{1,2}$/)
        .transform(Number),
      listed.refine(
        (all) => all.every(isProxy),
        'must be a number of proxies, or addresses, networks, loopback, linklocal, uniquelocal',
      ),
    ])
    .optional(),
  /** Load the demo account at the first start. */
  DEMO: flag.default(true),
  /** Market seconds per real second of the recorded market; 0 stops it. */
  MARKET_SPEED: z.coerce.number().nonnegative().max(1_000_000).default(60),
  /** A file, or `-` for the standard output. Default: server.log in the data directory. */
  LOG_FILE: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  /** Anything but `development` and `test`: no secrets of the server's own making, and none on the screen. */
  NODE_ENV: z.string().default('development'),
});

export type Configuration = {
  readonly dataDirectory: string;
  readonly databaseUrl: string | null;
  /** Null: audits read the database itself. */
  readonly auditDatabaseUrl: string | null;
  readonly host: string;
  readonly port: number;
  readonly isProduction: boolean;
  readonly jwtKeys: SigningKeys | null;
  readonly jwtKeysFile: string | null;
  readonly sealKeyFile: string | null;
  readonly sealEvery: SealEvery;
  readonly sealTo: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly redisUrl: string | null;
  readonly rateLimits: RateLimits;
  readonly trustProxy: number | readonly string[] | null;
  readonly demo: boolean;
  readonly marketSpeed: number;
  readonly logFile: string | null;
  readonly logLevel: string;
};

/** A variable is set to something the server cannot use. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** Reads the environment; throws ConfigurationError that names each wrong variable and never shows its value. */
export const readConfiguration = (
  variables: Readonly<Record<string, string | undefined>>,
): Configuration => {
  const given = Object.entries(variables).filter(
    ([, value]) => value !== undefined && value !== '',
  );
  const parsed = environment.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigurationError(`The environment cannot be used.\n  ${wrong.join('\n  ')}`);
  }
  const read = parsed.data;
  const isProduction = !['development', 'test'].includes(read.NODE_ENV);
  if (isProduction && read.JWT_KEYS === undefined && read.JWT_KEYS_FILE === undefined) {
    throw new ConfigurationError(
      'Outside development the server needs a key of yours to sign access tokens with. `npx ledger secret` prints one; so does\n' +
        `  echo "k1:$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')"\n` +
        'Keep it, and start with JWT_KEYS set to it (or JWT_KEYS_FILE to a file that holds it).',
    );
  }
  return {
    dataDirectory: read.DATA_DIRECTORY,
    databaseUrl: read.DATABASE_URL ?? null,
    auditDatabaseUrl: read.AUDIT_DATABASE_URL ?? null,
    host: read.HOST,
    port: read.PORT,
    isProduction,
    jwtKeys: read.JWT_KEYS ?? null,
    jwtKeysFile: read.JWT_KEYS_FILE ?? null,
    sealKeyFile: read.SEAL_KEY_FILE ?? null,
    sealEvery: { events: read.SEAL_EVERY_EVENTS, minutes: read.SEAL_EVERY_MINUTES },
    sealTo: read.SEAL_TO,
    corsOrigins: read.CORS_ORIGINS,
    redisUrl: read.REDIS_URL ?? null,
    rateLimits: {
      key: read.RATE_LIMIT_KEY,
      user: read.RATE_LIMIT_USER,
      address: read.RATE_LIMIT_ADDRESS,
    },
    trustProxy: read.TRUST_PROXY ?? null,
    demo: read.DEMO,
    marketSpeed: read.MARKET_SPEED,
    logFile: read.LOG_FILE ?? null,
    logLevel: read.LOG_LEVEL,
  };
};
