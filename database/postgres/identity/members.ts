import type { Pool, PoolClient } from 'pg';
import type { AccountId } from '#domain/ids.ts';
import type { UserId } from '#identity/ids.ts';
import type { IdentityStore, Member } from '#identity/ports/identity-store.ts';
import type { Role } from '#identity/scopes.ts';
import { noteChange } from './changes.ts';
import { inTransaction, lockOwners } from './transaction.ts';

type MemberRow = {
  readonly user_id: string;
  readonly username: string;
  readonly role: string;
  readonly since: Date;
};

const toMember = (row: MemberRow): Member => ({
  userId: row.user_id as UserId,
  username: row.username,
  role: row.role as Role,
  since: row.since,
});

/** A user's role in an account, and whether the account has no other owner. No owner goes before this one has. */
const roleOf = async (client: PoolClient, accountId: AccountId, userId: UserId) => {
  await lockOwners(client, accountId);
  const { rows } = await client.query<{ role: string; replaceable: boolean }>(
    `SELECT role, EXISTS (
       SELECT FROM identity.memberships AS other
       WHERE other.account_id = $1 AND other.user_id <> $2 AND other.role = 'owner'
     ) AS replaceable
     FROM identity.memberships WHERE account_id = $1 AND user_id = $2`,
    [accountId, userId],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return { role: row.role, lastOwner: row.role === 'owner' && !row.replaceable };
};

const setMember =
  (pool: Pool): IdentityStore['setMember'] =>
  (accountId, userId, role) =>
    inTransaction(pool, async (client) => {
      const present = await roleOf(client, accountId, userId);
      if (present?.role === role) return true;
      if (present?.lastOwner) return false;
      await client.query(
        `INSERT INTO identity.memberships (account_id, user_id, role) VALUES ($1, $2, $3)
         ON CONFLICT (account_id, user_id) DO UPDATE SET role = excluded.role`,
        [accountId, userId, role],
      );
      await noteChange(client, userId);
      return true;
    });

const addOpener =
  (pool: Pool): IdentityStore['addOpener'] =>
  (accountId, userId) =>
    inTransaction(pool, async (client) => {
      await lockOwners(client, accountId);
      await client.query(
        `INSERT INTO identity.memberships (account_id, user_id, role, opened)
         VALUES ($1, $2, 'owner', true)
         ON CONFLICT (account_id, user_id) DO UPDATE SET role = 'owner', opened = true`,
        [accountId, userId],
      );
      await noteChange(client, userId);
    });

const removeMember =
  (pool: Pool): IdentityStore['removeMember'] =>
  (accountId, userId) =>
    inTransaction(pool, async (client) => {
      const present = await roleOf(client, accountId, userId);
      if (present === undefined || present.lastOwner) return false;
      await client.query(
        'DELETE FROM identity.memberships WHERE account_id = $1 AND user_id = $2',
        [accountId, userId],
      );
      await noteChange(client, userId);
      return true;
    });

type Members = Pick<IdentityStore, 'membersOf' | 'addOpener' | 'setMember' | 'removeMember'>;

/** What users are to accounts. */
export const createMembers = (pool: Pool): Members => ({
  membersOf: async (accountId) => {
    const { rows } = await pool.query<MemberRow>(
      `SELECT member.user_id, person.username, member.role, member.since
       FROM identity.memberships AS member JOIN identity.users AS person ON person.id = member.user_id
       WHERE member.account_id = $1 ORDER BY member.since, member.user_id`,
      [accountId],
    );
    return rows.map(toMember);
  },
  addOpener: addOpener(pool),
  setMember: setMember(pool),
  removeMember: removeMember(pool),
});
