import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { createWorkGate, type WorkGateLimits } from './work-gate.ts';

/** Hashes passwords off the event loop. All but `needsUpgrade` may throw `identity_busy`. */
export type Passwords = {
  /** argon2id in PHC format with a fresh salt. */
  readonly hash: (password: string) => Promise<string>;
  /** False, after as long as for a good one, where the text is no hash of ours. */
  readonly verify: (password: string, phc: string) => Promise<boolean>;
  /** Always false, after as long as a real check takes: for addresses that belong to nobody. */
  readonly verifyNobody: (password: string) => Promise<false>;
  /** Whether a hash was made with other parameters than those in force. */
  readonly needsUpgrade: (phc: string) => boolean;
};

/** Memory in KiB. */
export type Argon2Costs = {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
};

export type PasswordsOptions = Partial<Argon2Costs & WorkGateLimits>;

/** The least that OWASP's Password Storage Cheat Sheet accepts for argon2id. */
export const leastCosts: Argon2Costs = { memory: 19_456, passes: 2, parallelism: 1 };

const saltBytes = 16;
const hashBytes = 32;
/** libuv's pool has four threads unless it is told otherwise; files and host names need one of them. */
const threadsMost = 3;

const derive = promisify(argon2);

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

type Hash = { readonly costs: Argon2Costs; readonly salt: Buffer; readonly hash: Buffer };

const phcPattern =
  /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,88})\$([A-Za-z0-9+/]{22,88})$/;

const parsePhc = (phc: string): Hash | undefined => {
  const match = phcPattern.exec(phc);
  if (match === null) return undefined;
  const [, memory, passes, parallelism, salt, hash] = match;
  return {
    costs: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt ?? '', 'base64'),
    hash: Buffer.from(hash ?? '', 'base64'),
  };
};

const writePhc = ({ costs, salt, hash }: Hash): string =>
  `$argon2id$v=19$m=${costs.memory},t=${costs.passes},p=${costs.parallelism}$${unpadded(salt)}$${unpadded(hash)}`;

const sameCosts = (left: Argon2Costs, right: Argon2Costs): boolean =>
  left.memory === right.memory &&
  left.passes === right.passes &&
  left.parallelism === right.parallelism;

const costsOf = (options: PasswordsOptions): Argon2Costs => {
  const { memory, passes, parallelism } = { ...leastCosts, ...options };
  if (memory < leastCosts.memory || passes < leastCosts.passes || parallelism < 1) {
    throw new RangeError(
      `argon2id needs at least m=${leastCosts.memory} (KiB), t=${leastCosts.passes}, p=1; asked for: m=${memory}, t=${passes}, p=${parallelism}.`,
    );
  }
  return { memory, passes, parallelism };
};

/**
 * Passwords as argon2id, on Node's own implementation in the thread pool. Each hash takes `memory` KiB while it is
 * made, so the number at once bounds both the processors and the memory that logins can take from trading.
 */
export const createPasswords = (options: PasswordsOptions = {}): Passwords => {
  const costs = costsOf(options);
  const half = Math.floor(availableParallelism() / 2);
  const gate = createWorkGate({
    atOnceMost: options.atOnceMost ?? Math.max(1, Math.min(half, threadsMost)),
    waitingMost: options.waitingMost ?? 32,
  });

  const work = (password: string, salt: Buffer, by: Argon2Costs, length: number): Promise<Buffer> =>
    gate.run(() =>
      derive('argon2id', {
        // One text has one form, whichever way a keyboard or a system composes its accents.
        message: Buffer.from(password.normalize('NFKC'), 'utf8'),
        nonce: salt,
        tagLength: length,
        ...by,
      }),
    );

  const nobody: Hash = { costs, salt: randomBytes(saltBytes), hash: randomBytes(hashBytes) };
  const matches = async (password: string, against: Hash): Promise<boolean> => {
    const found = await work(password, against.salt, against.costs, against.hash.length);
    return timingSafeEqual(found, against.hash);
  };

  return {
    hash: async (password) => {
      const salt = randomBytes(saltBytes);
      return writePhc({ costs, salt, hash: await work(password, salt, costs, hashBytes) });
    },
    verify: async (password, phc) => {
      const against = parsePhc(phc);
      return (await matches(password, against ?? nobody)) && against !== undefined;
    },
    verifyNobody: async (password) => {
      await matches(password, nobody);
      return false;
    },
    needsUpgrade: (phc) => {
      const parsed = parsePhc(phc);
      return parsed === undefined || !sameCosts(parsed.costs, costs);
    },
  };
};
