import type { AccountId } from '#domain/ids.ts';
import { obstacleTo, type Principal } from '#identity/principal.ts';
import { type AccountScope, type Role, roles, type Scope, scopesOfRole } from '#identity/scopes.ts';
import { accountNotFound } from './found.ts';
import { HttpProblem } from './problem.ts';

/** The roles of a member who may use a scope on the account. */
export const rolesWith = (scope: Scope): readonly Role[] =>
  roles.filter((role) => scopesOfRole[role].has(scope));

/**
 * The account of a request that names none: the only one that the sender opened, or else is a member of. Nobody can
 * change what a sender's requests mean by letting them into another account. Throws `account_required`.
 */
const onlyAccount = ({ memberships, opened }: Principal): AccountId => {
  const [only, ...others] = opened.size > 0 ? opened : memberships.keys();
  if (only !== undefined && others.length === 0) return only;
  const count = memberships.size;
  const why =
    count === 0 ? 'you are a member of no account' : `you are a member of ${count} accounts`;
  throw new HttpProblem('account_required', {
    detail: `The request names no account, and ${why}. Send account_id; GET /api/v1/accounts lists yours, POST /api/v1/accounts opens one.`,
    details: { accounts: String(count) },
  });
};

/**
 * The account that a request is about, which its sender may use for `scope`: the one it names, else the sender's only one.
 * Throws `account_required`, `insufficient_role`, and for an account of others what `unknown` says of one that does
 * not exist: whether it does is nobody else's business.
 */
export const accountOf = (
  principal: Principal,
  scope: AccountScope,
  named: AccountId | null,
  unknown: (account: AccountId) => HttpProblem | undefined,
): AccountId => {
  const account = named ?? onlyAccount(principal);
  const obstacle = obstacleTo(principal, account, scope);
  if (obstacle === null) return account;
  if (obstacle === 'foreign') throw unknown(account) ?? accountNotFound(account);
  throw new HttpProblem('insufficient_role', {
    detail: `Your role in this account does not have ${scope}; it takes one of: ${rolesWith(scope).join(', ')}.`,
    details: { account_id: account, scope, role: principal.memberships.get(account) ?? null },
  });
};
