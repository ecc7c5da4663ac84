import type { AccountId, Actor } from '#domain/ids.ts';
import type { KeyId, SessionId, UserId } from './ids.ts';
import { type AccountScope, type Role, type Scope, scopesOfRole } from './scopes.ts';

/** Who sends a request, and what they may do right now. */
export type Principal = {
  /** What the ledger's events name: the user's id, or the API key's. */
  readonly actor: Actor;
  readonly userId: UserId;
  /** The session of an access token; null for a key. */
  readonly sessionId: SessionId | null;
  /** Null for an access token. */
  readonly keyId: KeyId | null;
  /** What the credential may do and its user still may. */
  readonly scopes: ReadonlySet<Scope>;
  readonly memberships: ReadonlyMap<AccountId, Role>;
  /** Those of them that the user opened. */
  readonly opened: ReadonlySet<AccountId>;
};

/** What stands between a principal and an account; null where nothing does. */
export type Obstacle =
  /** To be answered like an account that does not exist. */
  | 'foreign'
  /** A member, but not in a role that may do this. */
  | 'role';

/**
 * Whether a principal who has `scope` may use it on an account. An administrator reaches every account; all others
 * those they are members of.
 */
export const obstacleTo = (
  principal: Principal,
  accountId: AccountId,
  scope: AccountScope,
): Obstacle | null => {
  if (principal.scopes.has('admin')) return null;
  const role = principal.memberships.get(accountId);
  if (role === undefined) return 'foreign';
  return scopesOfRole[role].has(scope) ? null : 'role';
};
