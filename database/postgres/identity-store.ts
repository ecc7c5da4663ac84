import type { Pool } from 'pg';
import type { IdentityStore } from '#identity/ports/identity-store.ts';
import { accessOf } from './identity/access.ts';
import { changesAfter } from './identity/changes.ts';
import { createKeys } from './identity/keys.ts';
import { createMembers } from './identity/members.ts';
import { prune } from './identity/prune.ts';
import { createSecurityLog } from './identity/security-log.ts';
import { createSessions } from './identity/sessions.ts';
import { createUsers } from './identity/users.ts';

/**
 * Users and what they may do, in Postgres, in schema `identity`. The pool stays the caller's. What the database says
 * goes on to the caller as it is: a broken connection, a timeout.
 */
export const createPostgresIdentityStore = ({ pool }: { readonly pool: Pool }): IdentityStore => ({
  ...createUsers(pool),
  ...createSessions(pool),
  ...createKeys(pool),
  ...createMembers(pool),
  ...createSecurityLog(pool),
  accessOf: accessOf(pool),
  changesAfter: changesAfter(pool),
  prune: prune(pool),
});
