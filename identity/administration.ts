import type { AccountId } from '#domain/ids.ts';
import { type Identity, IdentityRefused, type User } from './identity.ts';
import type { UserId } from './ids.ts';
import { type Services, withoutHash } from './parts.ts';
import type { SecurityEventKind } from './ports/identity-store.ts';
import type { Principal } from './principal.ts';

const noSuchUser = () => new IdentityRefused('user_not_found', 'There is no such user.');
const lastOwner = () =>
  new IdentityRefused('last_owner', 'An account keeps an owner: make another member owner first.');

/** Reads one user; `user_not_found` where there is none. */
export const createUserReader =
  ({ store }: Services) =>
  async (id: UserId): Promise<User> => {
    const user = await store.userById(id);
    if (user === undefined) throw noSuchUser();
    return withoutHash(user);
  };

/** What administrators do to users. */
export const createUserAdministration = (
  services: Services,
): Pick<Identity, 'users' | 'setActive' | 'setAdmin'> => {
  const { store, cache, record } = services;
  const user = createUserReader(services);

  const change = async (
    done: () => Promise<boolean>,
    {
      kind,
      by,
      id,
      address,
    }: { kind: SecurityEventKind; by: Principal; id: UserId; address: string },
  ): Promise<User> => {
    const before = await user(id);
    const isAllowed = await done();
    cache.forget(id);
    const found = await user(id);
    if (!isAllowed) {
      throw new IdentityRefused(
        'last_administrator',
        'One active administrator must remain: promote another user first.',
      );
    }
    if (found.active !== before.active || found.admin !== before.admin) {
      await record({ kind, userId: id, actorId: by.userId, keyId: by.keyId, address });
    }
    return found;
  };

  return {
    users: async (page) => {
      const { rows, next } = await store.listUsers(page);
      return { rows: rows.map(withoutHash), next };
    },
    setActive: (by, id, active, address) =>
      change(() => store.setActive(id, active), {
        kind: active ? 'user_activated' : 'user_deactivated',
        by,
        id,
        address,
      }),
    setAdmin: (by, id, admin, address) =>
      change(() => store.setAdmin(id, admin), {
        kind: admin ? 'user_promoted' : 'user_demoted',
        by,
        id,
        address,
      }),
  };
};

/** Who belongs to an account. */
export const createMemberships = ({
  store,
  cache,
  notes,
  record,
}: Services): Pick<Identity, 'members' | 'setMember' | 'removeMember' | 'ownAccount'> => {
  const memberOf = async (accountId: AccountId, userId: UserId) =>
    (await store.membersOf(accountId)).find((member) => member.userId === userId);
  const notMember = () =>
    new IdentityRefused('member_not_found', 'The user is no member of the account.');

  return {
    members: store.membersOf,
    setMember: async (by, accountId, userId, role, address) => {
      if ((await store.userById(userId)) === undefined) throw noSuchUser();
      const before = await memberOf(accountId, userId);
      if (before?.role === role) return before;
      if (!(await store.setMember(accountId, userId, role))) throw lastOwner();
      cache.forget(userId);
      const facts = { account_id: accountId, role };
      await record({
        kind: 'member_set',
        userId,
        actorId: by.userId,
        keyId: by.keyId,
        address,
        facts,
      });
      const member = await memberOf(accountId, userId);
      if (member === undefined) throw notMember(); // Removed again in between.
      return member;
    },
    removeMember: async (by, accountId, userId, address) => {
      if (!(await store.removeMember(accountId, userId))) {
        throw (await memberOf(accountId, userId)) === undefined ? notMember() : lastOwner();
      }
      cache.forget(userId);
      const facts = { account_id: accountId };
      await record({
        kind: 'member_removed',
        userId,
        actorId: by.userId,
        keyId: by.keyId,
        address,
        facts,
      });
    },
    ownAccount: async (accountId, userId) => {
      await store.addOpener(accountId, userId);
      cache.forget(userId);
      // The account is open and its owner's: nobody is helped by an error because the log lags behind.
      notes.add({ kind: 'member_set', userId, facts: { account_id: accountId, role: 'owner' } });
    },
  };
};
