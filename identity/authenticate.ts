import type { Actor } from '#domain/ids.ts';
import { whenThere } from './at-once.ts';
import type { Identity } from './identity.ts';
import type { KeyId } from './ids.ts';
import { looksLikeApiKey, type OpaqueToken, parseApiKey, sameHash } from './opaque-tokens.ts';
import type { Services } from './parts.ts';
import type { Access, StoredKey } from './ports/identity-store.ts';
import type { Principal } from './principal.ts';
import { adminScopes, type Scope, userScopes } from './scopes.ts';

const scopesOf = ({ admin }: Access): ReadonlySet<Scope> => (admin ? adminScopes : userScopes);

/** Who a credential stands for: an access token's user, or a key with what both it and its user may do. */
export const createAuthenticate = ({
  tokens,
  cache,
  notes,
  now,
}: Services): Identity['authenticate'] => {
  const byToken = (text: string): Principal | undefined | Promise<Principal | undefined> => {
    const claims = tokens.verify(text);
    if (claims === undefined) return undefined;
    const { userId, sessionId, issuedAt } = claims;
    return whenThere(cache.accessInSession(userId, sessionId, issuedAt * 1_000), (access) =>
      access?.active === true
        ? {
            actor: userId as string as Actor,
            userId,
            sessionId,
            keyId: null,
            scopes: scopesOf(access),
            memberships: access.memberships,
            opened: access.opened,
          }
        : undefined,
    );
  };

  const isGood = (key: StoredKey, secretHash: string, at: number): boolean =>
    sameHash(key.secretHash, secretHash) &&
    key.revokedAt === null &&
    (key.expiresAt === null || at < key.expiresAt.getTime());

  const ofKey = (key: StoredKey, access: Access): Principal => ({
    actor: key.id as string as Actor,
    userId: key.userId,
    sessionId: null,
    keyId: key.id,
    scopes: new Set(key.scopes.filter((scope) => scopesOf(access).has(scope))),
    memberships: access.memberships,
    opened: access.opened,
  });

  const byKey = (
    { id, secretHash }: OpaqueToken<KeyId>,
    address: string,
  ): Principal | undefined | Promise<Principal | undefined> =>
    whenThere(cache.keyOf(id), (key) => {
      const at = now();
      if (key === undefined || !isGood(key, secretHash, at)) {
        // Of one that is nobody's nothing is known: its id would be what the sender liked to have in the log.
        const whose = key === undefined ? {} : { keyId: id, userId: key.userId };
        notes.add({ kind: 'key_refused', address, ...whose });
        return undefined;
      }
      return whenThere(cache.accessOf(key.userId), (access) => {
        if (access?.active !== true) {
          notes.add({ kind: 'key_refused', address, keyId: id, userId: key.userId });
          return undefined;
        }
        notes.keyUsed({ keyId: id, address, at: new Date(at) }, key.userId);
        return ofKey(key, access);
      });
    });

  return ({ scheme, text }, address) => {
    if (scheme === 'bearer' && !looksLikeApiKey(text)) return byToken(text);
    const parsed = parseApiKey(text);
    return parsed === undefined ? undefined : byKey(parsed, address);
  };
};
