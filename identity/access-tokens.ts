import jsonwebtoken from 'jsonwebtoken';
import { type Instant, toMilliseconds } from '#domain/time.ts';
import { setBounded } from './bounded-map.ts';
import type { SessionId, UserId } from './ids.ts';
import type { SigningKeys } from './secrets.ts';

/** What a good access token says. Times in seconds since 1970. */
export type AccessClaims = {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly tokenId: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
};

export type AccessTokens = {
  readonly sign: (token: {
    readonly userId: UserId;
    readonly sessionId: SessionId;
    readonly tokenId: string;
  }) => string;
  /** Undefined where a text is no token that is good now, whatever it is. */
  readonly verify: (text: string) => AccessClaims | undefined;
  /** Seconds for which a new token is good. */
  readonly lifetime: number;
};

export type AccessTokensParts = {
  readonly keys: SigningKeys;
  readonly clock: { readonly now: () => Instant };
  readonly issuer?: string;
  readonly audience?: string;
  /** Seconds. */
  readonly lifetime?: number;
  /** How many verified tokens are remembered. */
  readonly rememberMost?: number;
};

/** Ours have about 450 characters. */
const lengthMost = 2_048;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const isUuid = (value: unknown): value is string =>
  typeof value === 'string' && uuidPattern.test(value);

const claimsOf = (payload: unknown): AccessClaims | undefined => {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { sub, sid, jti, iat, exp }: Record<string, unknown> = { ...payload };
  if (!isUuid(sub) || !isUuid(sid) || !isUuid(jti)) return undefined;
  if (typeof iat !== 'number' || typeof exp !== 'number') return undefined;
  return {
    userId: sub as UserId,
    sessionId: sid as SessionId,
    tokenId: jti,
    issuedAt: iat,
    expiresAt: exp,
  };
};

/**
 * Access tokens: JWT signed with HMAC-SHA-256 and nothing else. A token names its key; the first of `keys` signs.
 *
 * Verified tokens are remembered by their text until they expire: what a signature proved once stays proven. Whether
 * the session still stands is another question, asked at each use.
 */
export const createAccessTokens = (parts: AccessTokensParts): AccessTokens => {
  const {
    keys,
    clock,
    issuer = 'order-ledger',
    audience = 'order-ledger-api',
    lifetime = 30 * 60,
    rememberMost = 10_000,
  } = parts;
  const [signing] = keys;
  const keyOf = new Map(keys.map(({ kid, key }) => [kid, key]));
  const remembered = new Map<string, AccessClaims>();
  const seconds = (): number => Math.floor(toMilliseconds(clock.now()) / 1_000);

  const prove = (text: string, now: number): AccessClaims | undefined => {
    if (text.length > lengthMost) return undefined;
    try {
      const kid = jsonwebtoken.decode(text, { complete: true })?.header.kid;
      const key = kid === undefined ? undefined : keyOf.get(kid);
      if (key === undefined) return undefined;
      return claimsOf(
        jsonwebtoken.verify(text, key, {
          algorithms: ['HS256'],
          issuer,
          audience,
          clockTimestamp: now,
        }),
      );
    } catch {
      return undefined; // A bad token, in one of the many ways in which a text can be one.
    }
  };

  return {
    lifetime,
    sign: ({ userId, sessionId, tokenId }) =>
      jsonwebtoken.sign({ sid: sessionId, iat: seconds() }, signing.key, {
        algorithm: 'HS256',
        keyid: signing.kid,
        issuer,
        audience,
        subject: userId,
        jwtid: tokenId,
        expiresIn: lifetime,
      }),
    verify: (text) => {
      const now = seconds();
      const known = remembered.get(text);
      if (known !== undefined) {
        if (now < known.expiresAt) return known;
        remembered.delete(text);
        return undefined;
      }
      const claims = prove(text, now);
      if (claims !== undefined) setBounded(remembered, text, claims, rememberMost);
      return claims;
    },
  };
};
