import type { AccountId } from '#domain/ids.ts';
import type { UserId } from '#identity/ids.ts';
import { normalEmail } from '#identity/names.ts';
import type {
  IdentityStore,
  SecurityEventKind,
  StoredUser,
} from '#identity/ports/identity-store.ts';

export type ResetAdminPorts = {
  readonly store: Pick<
    IdentityStore,
    | 'userByEmail'
    | 'addUser'
    | 'setPassword'
    | 'setActive'
    | 'setAdmin'
    | 'membersOf'
    | 'addOpener'
    | 'keysOf'
    | 'record'
  >;
  /** The server's own accounts; as long as one has nobody, the administrator gets it. */
  readonly ownedByFirstAdmin: readonly AccountId[];
  /** Throws IdentityRefused where the password is too weak. */
  readonly checkPassword: (
    password: string,
    owner: { readonly email: string; readonly username: string },
  ) => void;
  readonly hashPassword: (password: string) => Promise<string>;
  readonly newId: () => string;
  readonly now: () => Date;
};

export type AdminReset = {
  readonly user: Pick<StoredUser, 'id' | 'email'>;
  readonly isNew: boolean;
  /** API keys that are still good: a reset ends sessions, not keys. */
  readonly goodKeys: number;
};

const findOrMake = async (
  { store, newId, now }: ResetAdminPorts,
  email: string,
  username: string,
  passwordHash: string,
): Promise<{ readonly user: StoredUser; readonly isNew: boolean }> => {
  const found = await store.userByEmail(email);
  if (found !== undefined) return { user: found, isNew: false };
  const id = newId() as UserId;
  const added = await store.addUser({
    id,
    email,
    username,
    fullName: null,
    passwordHash,
    createdAt: now(),
  });
  if (added === undefined) throw new Error(`Somebody has just registered ${email}. Try again.`);
  return { user: added, isNew: true };
};

/**
 * Makes an active administrator of the user with this address, made where there is none, and gives them the password.
 * Their sessions end. In an order that harms nobody when it breaks off; doing it again completes it.
 */
export const resetAdmin = async (
  ports: ResetAdminPorts,
  wanted: { readonly email: string; readonly username: string; readonly password: string },
): Promise<AdminReset> => {
  const { store, checkPassword, hashPassword, now } = ports;
  const email = normalEmail(wanted.email);
  const known = await store.userByEmail(email);
  checkPassword(wanted.password, { email, username: known?.username ?? wanted.username });
  const passwordHash = await hashPassword(wanted.password);
  const { user, isNew } = await findOrMake(ports, email, wanted.username, passwordHash);
  const kinds: SecurityEventKind[] = isNew ? ['user_registered'] : ['password_reset'];
  // The password first: who is let in again, or gets more rights, shall not be so by the old one.
  if (!isNew) await store.setPassword(user.id, passwordHash);
  if (!user.active && (await store.setActive(user.id, true))) kinds.push('user_activated');
  if (!user.admin && (await store.setAdmin(user.id, true))) kinds.push('user_promoted');
  for (const account of ports.ownedByFirstAdmin) {
    if ((await store.membersOf(account)).length === 0) await store.addOpener(account, user.id);
  }
  const at = now();
  await store.record(
    kinds.map((kind) => ({
      at,
      kind,
      userId: user.id,
      actorId: null,
      keyId: null,
      address: null,
      facts: { by: 'the command line' },
    })),
  );
  const keys = await store.keysOf(user.id);
  const isGood = ({ revokedAt, expiresAt }: (typeof keys)[number]) =>
    revokedAt === null && (expiresAt === null || expiresAt > at);
  return { user, isNew, goodKeys: keys.filter(isGood).length };
};
