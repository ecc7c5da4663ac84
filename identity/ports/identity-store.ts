import type { AccountId } from '#domain/ids.ts';
import type { KeyId, RefreshTokenId, SessionId, UserId } from '../ids.ts';
import type { Role, Scope } from '../scopes.ts';

/** A user as stored. The address is in lower case and nobody else's; the user name is for people to read and may be shared. */
export type StoredUser = {
  readonly id: UserId;
  readonly email: string;
  readonly username: string;
  readonly fullName: string | null;
  /** argon2id in PHC format. */
  readonly passwordHash: string;
  readonly active: boolean;
  readonly admin: boolean;
  readonly createdAt: Date;
  readonly lastLoginAt: Date | null;
};

export type NewUser = Pick<
  StoredUser,
  'id' | 'email' | 'username' | 'fullName' | 'passwordHash' | 'createdAt'
>;

export type NewSession = {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly startedAt: Date;
  /** The stored hash that the password was found to match. */
  readonly passwordHash: string;
};

/** A refresh token is kept as the SHA-256 of its secret, hexadecimal. */
export type NewRefreshToken = {
  readonly id: RefreshTokenId;
  readonly secretHash: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
};

export type Rotation =
  | { readonly kind: 'rotated'; readonly userId: UserId; readonly sessionId: SessionId }
  /** It was used before: whoever has it or its successor may be a thief, so its session has ended now. */
  | { readonly kind: 'reused'; readonly userId: UserId; readonly sessionId: SessionId }
  /** Unknown, wrong secret, expired, or its session has ended or its user is not active. */
  | { readonly kind: 'void' };

export type StoredKey = {
  readonly id: KeyId;
  readonly userId: UserId;
  readonly name: string;
  /** SHA-256 of the secret, hexadecimal. */
  readonly secretHash: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
};

export type NewKey = Omit<StoredKey, 'revokedAt' | 'lastUsedAt'>;

export type KeyUse = { readonly keyId: KeyId; readonly address: string; readonly at: Date };

/** All that decides what a user may do now. */
export type Access = {
  readonly userId: UserId;
  readonly active: boolean;
  readonly admin: boolean;
  /** Sessions that have not ended. */
  readonly sessions: ReadonlySet<SessionId>;
  readonly memberships: ReadonlyMap<AccountId, Role>;
  /** Those of them that the user opened, or was given by the server. */
  readonly opened: ReadonlySet<AccountId>;
};

export type Member = {
  readonly userId: UserId;
  readonly username: string;
  readonly role: Role;
  readonly since: Date;
};

export type SecurityEventKind =
  | 'user_registered'
  /** Somebody registered with an address that is taken: nothing was made. */
  | 'registration_repeated'
  | 'administrator_set_up'
  | 'setup_token_refused'
  | 'login_succeeded'
  | 'login_failed'
  | 'login_delayed'
  | 'token_refreshed'
  | 'refresh_token_refused'
  | 'refresh_token_reused'
  | 'logged_out'
  | 'password_changed'
  | 'password_change_refused'
  | 'password_reset'
  | 'key_created'
  | 'key_revoked'
  | 'key_refused'
  | 'key_used_from_new_address'
  | 'user_deactivated'
  | 'user_activated'
  | 'user_promoted'
  | 'user_demoted'
  | 'member_set'
  | 'member_removed';

/** An entry of the security log. It never holds a password, a token or a key's secret. */
export type SecurityEvent = {
  readonly at: Date;
  readonly kind: SecurityEventKind;
  /** Whom it concerns; null where the address belongs to nobody. */
  readonly userId: UserId | null;
  /** Who did it, where that is another: an administrator, an owner. */
  readonly actorId: UserId | null;
  readonly keyId: KeyId | null;
  /** The sender's network address. */
  readonly address: string | null;
  /** Facts in the words of the kind, such as `role` or `account_id`. */
  readonly facts: Readonly<Record<string, string>>;
};

export type Page<Row> = { readonly rows: readonly Row[]; readonly next: string | null };

/**
 * Users and what they may do, in ordinary tables. Each change to what a user may do and its line in the changes are
 * one transaction; changes are numbered in the order in which they are committed, without gaps.
 */
export type IdentityStore = {
  /** Undefined where the address is taken: then nothing is written. */
  readonly addUser: (user: NewUser) => Promise<StoredUser | undefined>;
  /** Makes the first administrator; undefined where the token is not the one that was put, or the address is taken. */
  readonly addFirstAdmin: (
    tokenHash: string,
    user: NewUser,
    owns: readonly AccountId[],
  ) => Promise<StoredUser | undefined>;
  /** Replaces the setup token; false where there is an administrator, then no token is good any more. */
  readonly putSetupToken: (tokenHash: string) => Promise<boolean>;
  readonly userByEmail: (email: string) => Promise<StoredUser | undefined>;
  readonly userById: (id: UserId) => Promise<StoredUser | undefined>;
  /** Newest first. The cursor is opaque; one that is none of ours gives the first page. */
  readonly listUsers: (page: { cursor?: string; limit: number }) => Promise<Page<StoredUser>>;
  /** Sets another password and ends all sessions. False where `from` is given and is not the hash of an active user any more: somebody was faster. */
  readonly setPassword: (id: UserId, passwordHash: string, from?: string) => Promise<boolean>;
  /** Replaces a hash by one of the same password with other parameters; does nothing where it has changed meanwhile. */
  readonly upgradeHash: (id: UserId, from: string, to: string) => Promise<void>;
  /** Deactivating ends all sessions. False where there is no such user, or it is the last active administrator. */
  readonly setActive: (id: UserId, active: boolean) => Promise<boolean>;
  /** False where there is no such user, or it is the last active administrator. */
  readonly setAdmin: (id: UserId, admin: boolean) => Promise<boolean>;

  /**
   * Opens a session with its first refresh token and notes the login; of more than 50 open ones the oldest end. False, and nothing is opened, where the user is
   * not active or no longer has the password hash that was checked: a password changed or a user deactivated between
   * check and opening leaves no session behind.
   */
  readonly openSession: (session: NewSession, token: NewRefreshToken) => Promise<boolean>;
  /**
   * Exchanges a refresh token for the next one of its session, once. A token used twice ends the session, even where
   * it has expired meanwhile. Expiry is judged as of `next.issuedAt`.
   */
  readonly rotate: (
    token: { readonly id: RefreshTokenId; readonly secretHash: string },
    next: NewRefreshToken,
  ) => Promise<Rotation>;
  readonly endSession: (id: SessionId) => Promise<void>;

  readonly addKey: (key: NewKey) => Promise<StoredKey>;
  /** Newest first, revoked ones too. */
  readonly keysOf: (userId: UserId) => Promise<readonly StoredKey[]>;
  readonly keyById: (id: KeyId) => Promise<StoredKey | undefined>;
  /** False where the user has no such key that is not revoked. */
  readonly revokeKey: (id: KeyId, userId: UserId, at: Date) => Promise<boolean>;
  /** Notes uses in one write; returns those from addresses at which their key was not seen before. */
  readonly noteKeyUses: (uses: readonly KeyUse[]) => Promise<readonly KeyUse[]>;

  readonly membersOf: (accountId: AccountId) => Promise<readonly Member[]>;
  /** Makes a user the owner of an account that they opened. */
  readonly addOpener: (accountId: AccountId, userId: UserId) => Promise<void>;
  /** Makes a user a member, or gives another role; false where that would leave the account without an owner. */
  readonly setMember: (accountId: AccountId, userId: UserId, role: Role) => Promise<boolean>;
  /** False where the user is no member, or the last owner. */
  readonly removeMember: (accountId: AccountId, userId: UserId) => Promise<boolean>;

  readonly accessOf: (userId: UserId) => Promise<Access | undefined>;
  /**
   * The number of the last change, and whose access (user ids) or which keys (key ids) changed after `place`.
   * `['*']` stands for everything: where changes after `place` are no longer kept, are too many to name, or where
   * `place` was never reached (the database was put back to an earlier state).
   */
  readonly changesAfter: (
    place: number,
  ) => Promise<{ readonly place: number; readonly subjects: readonly string[] }>;

  /** Adds to the security log, which cannot be changed afterwards. */
  readonly record: (events: readonly SecurityEvent[]) => Promise<void>;
  /** Newest first. */
  readonly readLog: (page: {
    cursor?: string;
    limit: number;
    userId?: UserId;
  }) => Promise<Page<SecurityEvent & { readonly id: string }>>;

  /**
   * Removes what nobody needs any more, as of `now`: refresh tokens that expired and sessions that ended 30 days ago,
   * changes older than a day. Ends sessions whose last refresh token has expired. Once an hour is often enough.
   */
  readonly prune: (now: Date) => Promise<void>;
};
