import type { Pool, PoolClient } from 'pg';
import type { UserId } from '#identity/ids.ts';
import type { IdentityStore, NewUser, StoredUser } from '#identity/ports/identity-store.ts';
import { noteChange } from './changes.ts';
import { pageOf, placeOf, uuids } from './cursors.ts';
import { endSessionsOf } from './sessions.ts';
import { inTransaction, lockAdministrators } from './transaction.ts';

type UserRow = {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly full_name: string | null;
  readonly password_hash: string;
  readonly active: boolean;
  readonly admin: boolean;
  readonly created_at: Date;
  readonly last_login_at: Date | null;
};

const columns =
  'id, email, username, full_name, password_hash, active, admin, created_at, last_login_at';

const toUser = (row: UserRow): StoredUser => ({
  id: row.id as UserId,
  email: row.email,
  username: row.username,
  fullName: row.full_name,
  passwordHash: row.password_hash,
  active: row.active,
  admin: row.admin,
  createdAt: row.created_at,
  lastLoginAt: row.last_login_at,
});

const insertUser = async (
  database: Pool | PoolClient,
  user: NewUser,
  admin: boolean,
): Promise<StoredUser | undefined> => {
  const { rows } = await database.query<UserRow>(
    `INSERT INTO identity.users (id, email, username, full_name, password_hash, created_at, admin)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (email) DO NOTHING
     RETURNING ${columns}`,
    [
      user.id,
      user.email.toLowerCase(),
      user.username,
      user.fullName,
      user.passwordHash,
      user.createdAt,
      admin,
    ],
  );
  return rows.map(toUser)[0];
};

const addFirstAdmin =
  (pool: Pool): IdentityStore['addFirstAdmin'] =>
  (tokenHash, user, owns) =>
    inTransaction(pool, async (client) => {
      await lockAdministrators(client);
      const allowed = await client.query(
        `SELECT FROM identity.setup_token
         WHERE token_hash = $1 AND NOT EXISTS (SELECT FROM identity.users WHERE admin)`,
        [tokenHash],
      );
      if (allowed.rowCount === 0) return undefined;
      const admin = await insertUser(client, user, true);
      if (admin === undefined) return undefined;
      await client.query(
        `INSERT INTO identity.memberships (account_id, user_id, role, opened)
         SELECT DISTINCT account_id, $1::uuid, 'owner', true FROM unnest($2::uuid[]) AS account_id`,
        [admin.id, owns],
      );
      await client.query('DELETE FROM identity.setup_token');
      await noteChange(client, admin.id);
      return admin;
    });

const putSetupToken =
  (pool: Pool): IdentityStore['putSetupToken'] =>
  (tokenHash) =>
    inTransaction(pool, async (client) => {
      await lockAdministrators(client);
      const { rowCount } = await client.query(
        `INSERT INTO identity.setup_token (token_hash)
         SELECT $1 WHERE NOT EXISTS (SELECT FROM identity.users WHERE admin)
         ON CONFLICT (only_row) DO UPDATE SET token_hash = excluded.token_hash, put_at = now()`,
        [tokenHash],
      );
      if (rowCount === 0) await client.query('DELETE FROM identity.setup_token');
      return rowCount === 1;
    });

const setPassword =
  (pool: Pool): IdentityStore['setPassword'] =>
  (id, passwordHash, from) =>
    inTransaction(pool, async (client) => {
      // The user's row first: a login that is being opened waits for it, or is ended with the others.
      const { rowCount } = await client.query(
        `UPDATE identity.users SET password_hash = $2
         WHERE id = $1 AND ($3::text IS NULL OR (active AND password_hash = $3))`,
        [id, passwordHash, from ?? null],
      );
      if (rowCount === 0) return false;
      await endSessionsOf(client, id);
      await noteChange(client, id);
      return true;
    });

/** The user whose standing is to change, and whether there is another active administrator. */
const standingOf = async (client: PoolClient, id: UserId) => {
  await lockAdministrators(client);
  const { rows } = await client.query<{ active: boolean; admin: boolean; replaceable: boolean }>(
    `SELECT active, admin, EXISTS (
       SELECT FROM identity.users AS other WHERE other.admin AND other.active AND other.id <> $1
     ) AS replaceable
     FROM identity.users WHERE id = $1 FOR NO KEY UPDATE`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return { ...row, last: row.active && row.admin && !row.replaceable };
};

const setActive =
  (pool: Pool): IdentityStore['setActive'] =>
  (id, active) =>
    inTransaction(pool, async (client) => {
      const standing = await standingOf(client, id);
      if (standing === undefined || (standing.last && !active)) return false;
      if (standing.active === active) return true;
      await client.query('UPDATE identity.users SET active = $2 WHERE id = $1', [id, active]);
      if (!active) await endSessionsOf(client, id);
      await noteChange(client, id);
      return true;
    });

const setAdmin =
  (pool: Pool): IdentityStore['setAdmin'] =>
  (id, admin) =>
    inTransaction(pool, async (client) => {
      const standing = await standingOf(client, id);
      if (standing === undefined || (standing.last && !admin)) return false;
      if (standing.admin === admin) return true;
      await client.query('UPDATE identity.users SET admin = $2 WHERE id = $1', [id, admin]);
      await noteChange(client, id);
      return true;
    });

const listUsers =
  (pool: Pool): IdentityStore['listUsers'] =>
  async ({ cursor, limit }) => {
    const { at, id } = placeOf(cursor, uuids);
    const { rows } = await pool.query<UserRow>(
      `SELECT ${columns} FROM identity.users WHERE (created_at, id) < ($1::timestamptz, $2::uuid)
       ORDER BY created_at DESC, id DESC LIMIT $3`,
      [at, id, limit + 1],
    );
    return pageOf(rows, limit, toUser, (row) => ({ at: row.created_at, id: row.id }));
  };

type Users = Pick<
  IdentityStore,
  | 'addUser'
  | 'addFirstAdmin'
  | 'putSetupToken'
  | 'userByEmail'
  | 'userById'
  | 'listUsers'
  | 'setPassword'
  | 'upgradeHash'
  | 'setActive'
  | 'setAdmin'
>;

/** Users and the token with which the first administrator is made. */
export const createUsers = (pool: Pool): Users => ({
  addUser: (user) => insertUser(pool, user, false),
  addFirstAdmin: addFirstAdmin(pool),
  putSetupToken: putSetupToken(pool),
  userByEmail: async (email) => {
    const { rows } = await pool.query<UserRow>(
      `SELECT ${columns} FROM identity.users WHERE email = $1`,
      [email.toLowerCase()],
    );
    return rows.map(toUser)[0];
  },
  userById: async (id) => {
    const { rows } = await pool.query<UserRow>(
      `SELECT ${columns} FROM identity.users WHERE id = $1`,
      [id],
    );
    return rows.map(toUser)[0];
  },
  listUsers: listUsers(pool),
  setPassword: setPassword(pool),
  upgradeHash: async (id, from, to) => {
    await pool.query(
      'UPDATE identity.users SET password_hash = $3 WHERE id = $1 AND password_hash = $2',
      [id, from, to],
    );
  },
  setActive: setActive(pool),
  setAdmin: setAdmin(pool),
});
