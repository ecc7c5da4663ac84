import type { Pool } from 'pg';
import type { AccountId } from '#domain/ids.ts';
import type { SessionId } from '#identity/ids.ts';
import type { IdentityStore } from '#identity/ports/identity-store.ts';
import type { Role } from '#identity/scopes.ts';

type AccessRow = {
  readonly active: boolean;
  readonly admin: boolean;
  readonly sessions: readonly string[];
  /** Account id and role. */
  readonly memberships: readonly (readonly [string, string])[];
  readonly opened: readonly string[];
};

/** All that decides what a user may do, as of one instant and in one round trip. */
export const accessOf =
  (pool: Pool): IdentityStore['accessOf'] =>
  async (userId) => {
    const { rows } = await pool.query<AccessRow>({
      name: 'identity-access-of',
      text: `SELECT active, admin,
               ARRAY(
                 SELECT id::text FROM identity.sessions WHERE user_id = person.id AND ended_at IS NULL
               ) AS sessions,
               ARRAY(
                 SELECT ARRAY[account_id::text, role] FROM identity.memberships
                 WHERE user_id = person.id
               ) AS memberships,
               ARRAY(
                 SELECT account_id::text FROM identity.memberships WHERE user_id = person.id AND opened
               ) AS opened
             FROM identity.users AS person WHERE id = $1`,
      values: [userId],
    });
    const [row] = rows;
    if (row === undefined) return undefined;
    return {
      userId,
      active: row.active,
      admin: row.admin,
      sessions: new Set(row.sessions as readonly SessionId[]),
      memberships: new Map(
        row.memberships.map(([accountId, role]) => [accountId as AccountId, role as Role]),
      ),
      opened: new Set(row.opened as readonly AccountId[]),
    };
  };
