import type { AccountId } from '#domain/ids.ts';
import { type Instant, toMilliseconds } from '#domain/time.ts';
import type { AccessCache } from './access-cache.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { User } from './identity.ts';
import type { LoginDelays } from './login-delays.ts';
import type { Notes } from './notes.ts';
import type { Passwords } from './passwords.ts';
import type { IdentityStore, StoredUser } from './ports/identity-store.ts';
import type { Entry, IdentityLog } from './security-log.ts';

/** What identity is made of; `service.ts` puts it together. */
export type IdentityParts = {
  readonly store: IdentityStore;
  /** The wall clock, not a market's. */
  readonly clock: { readonly now: () => Instant };
  readonly passwords: Passwords;
  readonly tokens: AccessTokens;
  readonly delays: LoginDelays;
  /** Makes uuids. */
  readonly ids: { readonly next: () => string };
  /** The accounts that were there before anybody: the first administrator owns them. */
  readonly ownedByFirstAdmin: readonly AccountId[];
  readonly log: IdentityLog;
};

/** The parts and what is common to all that identity does. */
export type Services = IdentityParts & {
  readonly cache: AccessCache;
  readonly notes: Notes;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Writes to the security log; throws, after saying so in the server's log, where it cannot. */
  readonly record: (entry: Entry) => Promise<void>;
};

/** A clock's milliseconds since 1970. */
export const millisecondsOf =
  (clock: IdentityParts['clock']): (() => number) =>
  () =>
    toMilliseconds(clock.now());

/** A user as others may see it. */
export const withoutHash = ({ passwordHash: _, ...user }: StoredUser): User => user;
