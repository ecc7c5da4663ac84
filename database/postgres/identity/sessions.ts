import type { Pool, PoolClient } from 'pg';
import type { SessionId, UserId } from '#identity/ids.ts';
import type { IdentityStore } from '#identity/ports/identity-store.ts';
import { noteChange } from './changes.ts';
import { inTransaction } from './transaction.ts';

/** Ends what sessions a user has; the caller holds the user's row and notes the change. */
export const endSessionsOf = async (client: PoolClient, userId: UserId): Promise<void> => {
  await client.query(
    'UPDATE identity.sessions SET ended_at = now() WHERE user_id = $1 AND ended_at IS NULL',
    [userId],
  );
};

/** Ends one session, where it has not ended, and says so. */
const end = async (client: PoolClient, id: SessionId): Promise<void> => {
  const { rows } = await client.query<{ user_id: string }>(
    `UPDATE identity.sessions SET ended_at = now() WHERE id = $1 AND ended_at IS NULL
     RETURNING user_id`,
    [id],
  );
  for (const { user_id } of rows) await noteChange(client, user_id);
};

const openSession =
  (pool: Pool): IdentityStore['openSession'] =>
  async (session, token) => {
    // Locks the user's row and looks at it again once it is free: a change of password comes before or after.
    const { rowCount } = await pool.query(
      `WITH welcome AS (
         UPDATE identity.users SET last_login_at = $3
         WHERE id = $2 AND active AND password_hash = $4
         RETURNING id
       ), opened AS (
         INSERT INTO identity.sessions (id, user_id, started_at, expires_at)
         SELECT $1, id, $3, $8 FROM welcome
         RETURNING id
       )
       INSERT INTO identity.refresh_tokens (id, session_id, secret_hash, issued_at, expires_at)
       SELECT $5, id, $6, $7, $8 FROM opened`,
      [
        session.id,
        session.userId,
        session.startedAt,
        session.passwordHash,
        token.id,
        token.secretHash,
        token.issuedAt,
        token.expiresAt,
      ],
    );
    if (rowCount !== 1) return false;
    await inTransaction(pool, (client) => endSurplus(client, session.userId));
    return true;
  };

/** Who logs in again and again without logging out loses the oldest: all open ones are read with a user's access. */
const sessionsMost = 50;

const endSurplus = async (client: PoolClient, userId: UserId): Promise<void> => {
  const { rowCount } = await client.query(
    `UPDATE identity.sessions SET ended_at = now() WHERE id IN (
       SELECT id FROM identity.sessions WHERE user_id = $1 AND ended_at IS NULL
       ORDER BY started_at DESC, id DESC OFFSET $2
     )`,
    [userId, sessionsMost],
  );
  if (rowCount !== 0) await noteChange(client, userId);
};

type Found = { readonly id: string; readonly user_id: string };

const rotate =
  (pool: Pool): IdentityStore['rotate'] =>
  (token, next) =>
    inTransaction(pool, async (client) => {
      // All rotations of a session take turns at its row; who waited sees below what the one before has done.
      const sessions = await client.query<Found>(
        `SELECT session.id, session.user_id FROM identity.sessions AS session
         WHERE session.ended_at IS NULL AND session.id = (
           SELECT session_id FROM identity.refresh_tokens WHERE id = $1 AND secret_hash = $2
         )
         FOR UPDATE`,
        [token.id, token.secretHash],
      );
      const [session] = sessions.rows;
      if (session === undefined) return { kind: 'void' };
      const whose = { userId: session.user_id as UserId, sessionId: session.id as SessionId };

      const tokens = await client.query<{ used: boolean; expired: boolean }>(
        `SELECT used_at IS NOT NULL AS used, expires_at <= $2 AS expired
         FROM identity.refresh_tokens WHERE id = $1`,
        [token.id, next.issuedAt],
      );
      const [found] = tokens.rows;
      if (found?.used) {
        await end(client, whose.sessionId);
        return { kind: 'reused', ...whose };
      }
      if (found === undefined || found.expired) return { kind: 'void' };

      await client.query(
        `WITH used AS (
           UPDATE identity.refresh_tokens SET used_at = $5 WHERE id = $1 RETURNING session_id
         ), kept AS (
           UPDATE identity.sessions SET expires_at = $6 FROM used WHERE id = used.session_id
         )
         INSERT INTO identity.refresh_tokens (id, session_id, secret_hash, issued_at, expires_at)
         SELECT $2, $3, $4, $5, $6 FROM used`,
        [token.id, next.id, whose.sessionId, next.secretHash, next.issuedAt, next.expiresAt],
      );
      return { kind: 'rotated', ...whose };
    });

type Sessions = Pick<IdentityStore, 'openSession' | 'rotate' | 'endSession'>;

/** Sessions and their refresh tokens. */
export const createSessions = (pool: Pool): Sessions => ({
  openSession: openSession(pool),
  rotate: rotate(pool),
  endSession: (id) => inTransaction(pool, (client) => end(client, id)),
});
