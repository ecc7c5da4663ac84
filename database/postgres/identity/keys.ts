import type { Pool } from 'pg';
import type { KeyId, UserId } from '#identity/ids.ts';
import type { IdentityStore, KeyUse, StoredKey } from '#identity/ports/identity-store.ts';
import type { Scope } from '#identity/scopes.ts';
import { noteChange } from './changes.ts';
import { inTransaction } from './transaction.ts';

type KeyRow = {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly secret_hash: string;
  readonly scopes: readonly string[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
};

const columns =
  'id, user_id, name, secret_hash, scopes, created_at, expires_at, revoked_at, last_used_at';

const toKey = (row: KeyRow): StoredKey => ({
  id: row.id as KeyId,
  userId: row.user_id as UserId,
  name: row.name,
  secretHash: row.secret_hash,
  scopes: row.scopes as readonly Scope[],
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  lastUsedAt: row.last_used_at,
});

const addKey =
  (pool: Pool): IdentityStore['addKey'] =>
  async (key) => {
    await pool.query(
      `INSERT INTO identity.api_keys (id, user_id, name, secret_hash, scopes, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [key.id, key.userId, key.name, key.secretHash, key.scopes, key.createdAt, key.expiresAt],
    );
    return { ...key, revokedAt: null, lastUsedAt: null };
  };

const revokeKey =
  (pool: Pool): IdentityStore['revokeKey'] =>
  (id, userId, at) =>
    inTransaction(pool, async (client) => {
      const { rowCount } = await client.query(
        `UPDATE identity.api_keys SET revoked_at = $3
         WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL`,
        [id, userId, at],
      );
      if (rowCount === 0) return false;
      await noteChange(client, userId, id);
      return true;
    });

type NewAddress = { readonly key_id: string; readonly address: string; readonly at: Date };

/** Of several uses of a key from one address, the first tells. Uses of keys that do not exist are passed over. */
const noteKeyUses =
  (pool: Pool): IdentityStore['noteKeyUses'] =>
  async (uses) => {
    if (uses.length === 0) return [];
    // Rows are locked in the order of their keys, so that two processes that note at once never wait in a circle.
    const { rows } = await pool.query<NewAddress>(
      `WITH used AS (
         SELECT key_id, address, min(at) AS first_at, max(at) AS last_at
         FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS use (key_id, address, at)
         GROUP BY key_id, address
       ), known AS MATERIALIZED (
         SELECT id FROM identity.api_keys WHERE id = ANY ($1::uuid[])
         ORDER BY id FOR NO KEY UPDATE
       ), noted AS (
         UPDATE identity.api_keys AS key SET last_used_at = greatest(key.last_used_at, latest.at)
         FROM (
           SELECT known.id, max(used.last_at) AS at
           FROM known JOIN used ON used.key_id = known.id GROUP BY known.id
         ) AS latest
         WHERE key.id = latest.id
       )
       INSERT INTO identity.api_key_addresses (key_id, address, first_used_at)
       SELECT used.key_id, used.address, used.first_at
       FROM used JOIN known ON known.id = used.key_id
       ORDER BY used.key_id, used.address
       ON CONFLICT (key_id, address) DO NOTHING
       RETURNING key_id, address, first_used_at AS at`,
      [uses.map((use) => use.keyId), uses.map((use) => use.address), uses.map((use) => use.at)],
    );
    return rows.map(
      (row): KeyUse => ({ keyId: row.key_id as KeyId, address: row.address, at: row.at }),
    );
  };

type Keys = Pick<IdentityStore, 'addKey' | 'keysOf' | 'keyById' | 'revokeKey' | 'noteKeyUses'>;

/** API keys and where they were used from. */
export const createKeys = (pool: Pool): Keys => ({
  addKey: addKey(pool),
  keysOf: async (userId) => {
    const { rows } = await pool.query<KeyRow>(
      `SELECT ${columns} FROM identity.api_keys WHERE user_id = $1
       ORDER BY created_at DESC, id DESC`,
      [userId],
    );
    return rows.map(toKey);
  },
  keyById: async (id) => {
    const { rows } = await pool.query<KeyRow>({
      name: 'identity-key-by-id',
      text: `SELECT ${columns} FROM identity.api_keys WHERE id = $1`,
      values: [id],
    });
    return rows.map(toKey)[0];
  },
  revokeKey: revokeKey(pool),
  noteKeyUses: noteKeyUses(pool),
});
