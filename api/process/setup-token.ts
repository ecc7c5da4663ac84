import { makeSetupToken } from '#identity/opaque-tokens.ts';
import type { IdentityStore } from '#identity/ports/identity-store.ts';

/**
 * Makes a token with which the first administrator can be set up, once; null where there is an administrator. Only
 * its digest is kept, and any token made before is void from now on.
 */
export const offerSetupToken = async (
  store: Pick<IdentityStore, 'putSetupToken'>,
): Promise<string | null> => {
  const { text, hash } = makeSetupToken();
  const isWanted = await store.putSetupToken(hash);
  return isWanted ? text : null;
};
