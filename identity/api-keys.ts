import { type Identity, IdentityRefused, type Key } from './identity.ts';
import type { KeyId } from './ids.ts';
import { makeApiKey } from './opaque-tokens.ts';
import type { Services } from './parts.ts';
import type { StoredKey } from './ports/identity-store.ts';
import type { Principal } from './principal.ts';

const keysMost = 100;
const dayMs = 24 * 60 * 60 * 1_000;

const withoutSecret = ({ secretHash: _, ...key }: StoredKey): Key => key;

/** A user's keys: made, listed and revoked. */
export const createApiKeys = ({
  store,
  cache,
  ids,
  now,
  record,
}: Services): Pick<Identity, 'createKey' | 'keys' | 'revokeKey'> => {
  /** Whose key it is to be revoked: one's own, or anybody's for an administrator. */
  const ownerOf = async ({ userId, scopes }: Principal, id: KeyId) =>
    scopes.has('admin') ? ((await store.keyById(id))?.userId ?? userId) : userId;

  return {
    createKey: async (principal, { name, scopes, expiresInDays }, address) => {
      if (principal.keyId !== null) {
        throw new IdentityRefused(
          'session_required',
          'A key cannot make keys, or it would live on after its revocation: log in.',
        );
      }
      const kept = await store.keysOf(principal.userId);
      if (kept.filter(({ revokedAt }) => revokedAt === null).length >= keysMost) {
        throw new IdentityRefused(
          'limit_reached',
          `A user has at most ${keysMost} keys: revoke one first.`,
        );
      }
      const lacking = scopes.filter((scope) => !principal.scopes.has(scope));
      if (lacking.length > 0) {
        throw new IdentityRefused(
          'scope_not_granted',
          `A key cannot have what its maker lacks: ${lacking.join(', ')}.`,
        );
      }
      const createdAt = new Date(now());
      const made = makeApiKey(ids.next() as KeyId);
      const key = await store.addKey({
        id: made.id,
        userId: principal.userId,
        name,
        secretHash: made.secretHash,
        scopes: [...new Set(scopes)],
        createdAt,
        expiresAt:
          expiresInDays === null ? null : new Date(createdAt.getTime() + expiresInDays * dayMs),
      });
      await record({
        kind: 'key_created',
        userId: principal.userId,
        keyId: key.id,
        address,
        facts: { scopes: key.scopes.join(' ') },
      });
      return { secret: made.text, key: withoutSecret(key) };
    },
    keys: async ({ userId }) => (await store.keysOf(userId)).map(withoutSecret),
    revokeKey: async (principal, id, address) => {
      const userId = await ownerOf(principal, id);
      const revoked = await store.revokeKey(id, userId, new Date(now()));
      cache.forget(id);
      if (!revoked) throw new IdentityRefused('key_not_found', 'You have no such key.');
      const actorId = userId === principal.userId ? null : principal.userId;
      await record({ kind: 'key_revoked', userId, actorId, keyId: id, address });
    },
  };
};
