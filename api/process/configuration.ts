import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'])
  .transform((text) => text === 'true' || text === '1' || text === 'yes');

/** Every environment variable the server reads; all have a default that works on a fresh clone. */
const environment = z.object({
  /** Where the embedded database, the operator key and the log are kept. */
  DATA_DIRECTORY: z.string().min(1).default('data'),
  /** An own PostgreSQL instead of the embedded one. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional(),
  /** The address to listen on; anything but loopback opens the ledger to the network. */
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(3000),
  /** Instead of the key that is made at the first start. */
  OPERATOR_KEY: z.string().min(32, 'must have at least 32 characters').optional(),
  /** Load the demo account at the first start. */
  DEMO: flag.default(true),
  /** Market seconds per real second of the recorded market; 0 stops it. */
  MARKET_SPEED: z.coerce.number().nonnegative().max(1_000_000).default(60),
  /** A file, or `-` for the standard output. Default: server.log in the data directory. */
  LOG_FILE: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
});

export type Configuration = {
  readonly dataDirectory: string;
  readonly databaseUrl: string | null;
  readonly host: string;
  readonly port: number;
  readonly operatorKey: string | null;
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
  return {
    dataDirectory: read.DATA_DIRECTORY,
    databaseUrl: read.DATABASE_URL ?? null,
    host: read.HOST,
    port: read.PORT,
    operatorKey: read.OPERATOR_KEY ?? null,
    demo: read.DEMO,
    marketSpeed: read.MARKET_SPEED,
    logFile: read.LOG_FILE ?? null,
    logLevel: read.LOG_LEVEL,
  };
};
