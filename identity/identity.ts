import type { AccountId } from '#domain/ids.ts';
import type { KeyId, UserId } from './ids.ts';
import type { Member, Page, SecurityEvent, StoredKey, StoredUser } from './ports/identity-store.ts';
import type { Principal } from './principal.ts';
import type { Role, Scope } from './scopes.ts';

/** A user as others may see it: without the hash. */
export type User = Omit<StoredUser, 'passwordHash'>;

/** An API key as its owner may see it: without the hash. */
export type Key = Omit<StoredKey, 'secretHash'>;

export type Tokens = {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
};

export type Registration = {
  readonly email: string;
  readonly username: string;
  readonly password: string;
  readonly fullName: string | null;
};

/** Why identity says no. Codes are stable; the HTTP catalogue gives each a status and a text. */
export type IdentityRefusal =
  | 'invalid_credentials'
  /** An API key was sent where only a session's access token will do. */
  | 'session_required'
  | 'invalid_token'
  | 'invalid_setup_token'
  | 'weak_password'
  | 'user_not_found'
  | 'key_not_found'
  | 'member_not_found'
  | 'last_administrator'
  | 'last_owner'
  | 'scope_not_granted'
  /** As many as one user may have. */
  | 'limit_reached'
  /** Too many passwords are being checked at once. */
  | 'identity_busy'
  /** Too many failed logins: wait. `retryAfterSeconds` is set. */
  | 'login_delayed';

/** Identity refused; nothing was changed. */
export class IdentityRefused extends Error {
  override readonly name = 'IdentityRefused';
  readonly code: IdentityRefusal;
  readonly retryAfterSeconds: number | null;
  constructor(code: IdentityRefusal, message: string, retryAfterSeconds: number | null = null) {
    super(message);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A credential as it came: the text after `Bearer`, or in `X-API-Key`. */
export type Credential = { readonly scheme: 'bearer' | 'api_key'; readonly text: string };

/** Who is who and who may do what. All methods but `authenticate` may throw IdentityRefused. */
export type Identity = {
  /**
   * Who a credential stands for; undefined where it is none that is good now. Answers at once from memory where it
   * can; what memory says is at most one second old, in every process.
   */
  readonly authenticate: (
    credential: Credential,
    address: string,
  ) => Principal | undefined | Promise<Principal | undefined>;

  /** The same answer, in the same time, where the address is taken: then nothing is made. */
  readonly register: (registration: Registration, address: string) => Promise<User>;
  readonly setUp: (
    setupToken: string,
    registration: Registration,
    address: string,
  ) => Promise<User>;
  readonly login: (email: string, password: string, address: string) => Promise<Tokens>;
  readonly refresh: (refreshToken: string, address: string) => Promise<Tokens>;
  readonly logout: (principal: Principal, address: string) => Promise<void>;
  readonly changePassword: (
    principal: Principal,
    current: string,
    next: string,
    address: string,
  ) => Promise<void>;
  readonly user: (id: UserId) => Promise<User>;

  /** The key in full, which is never shown again, and what is kept of it. */
  readonly createKey: (
    principal: Principal,
    wanted: {
      readonly name: string;
      readonly scopes: readonly Scope[];
      readonly expiresInDays: number | null;
    },
    address: string,
  ) => Promise<{ readonly secret: string; readonly key: Key }>;
  readonly keys: (principal: Principal) => Promise<readonly Key[]>;
  readonly revokeKey: (principal: Principal, id: KeyId, address: string) => Promise<void>;

  readonly users: (page: { cursor?: string; limit: number }) => Promise<Page<User>>;
  readonly setActive: (
    by: Principal,
    id: UserId,
    active: boolean,
    address: string,
  ) => Promise<User>;
  readonly setAdmin: (by: Principal, id: UserId, admin: boolean, address: string) => Promise<User>;

  readonly members: (accountId: AccountId) => Promise<readonly Member[]>;
  /**
   * By the user's id, which a user tells whom they want to work with: by the e-mail address, every owner could learn
   * who has registered. `user_not_found` where nobody has it.
   */
  readonly setMember: (
    by: Principal,
    accountId: AccountId,
    userId: UserId,
    role: Role,
    address: string,
  ) => Promise<Member>;
  readonly removeMember: (
    by: Principal,
    accountId: AccountId,
    userId: UserId,
    address: string,
  ) => Promise<void>;
  /** Whoever opens an account owns it. */
  readonly ownAccount: (accountId: AccountId, userId: UserId) => Promise<void>;

  readonly securityLog: (page: {
    cursor?: string;
    limit: number;
    userId?: UserId;
  }) => Promise<Page<SecurityEvent & { readonly id: string }>>;

  /** Writes what is still to be noted and ends the watch over changes. */
  readonly close: () => Promise<void>;
};
