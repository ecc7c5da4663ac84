import type { Pool } from 'pg';
import type { IdentityStore } from '#identity/ports/identity-store.ts';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;

/**
 * Removes what nobody needs any more. Each statement stands for itself; rows that are in use are left for the next
 * time, so this waits for nobody.
 */
export const prune =
  (pool: Pool): IdentityStore['prune'] =>
  async (now) => {
    const longAgo = new Date(now.getTime() - KEPT_DAYS * DAY_MS);
    // Nobody can use it any more and no access token of it is good, so nobody has to be told.
    await pool.query(
      `UPDATE identity.sessions SET ended_at = expires_at WHERE id IN (
         SELECT id FROM identity.sessions WHERE ended_at IS NULL AND expires_at < $1
         FOR UPDATE SKIP LOCKED
       )`,
      [now],
    );
    await pool.query(
      `DELETE FROM identity.sessions WHERE id IN (
         SELECT id FROM identity.sessions WHERE ended_at < $1 FOR UPDATE SKIP LOCKED
       )`,
      [longAgo],
    );
    await pool.query(
      `DELETE FROM identity.refresh_tokens WHERE id IN (
         SELECT id FROM identity.refresh_tokens WHERE expires_at < $1 FOR UPDATE SKIP LOCKED
       )`,
      [longAgo],
    );
    await pool.query('DELETE FROM identity.changes WHERE changed_at < $1', [
      new Date(now.getTime() - DAY_MS),
    ]);
  };
