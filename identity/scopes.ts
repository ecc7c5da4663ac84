/** What a credential may be used for. A route asks for one of them (or for none). */
export const scopes = [
  'trading:read',
  'trading:write',
  'market_data:read',
  'account:read',
  'account:write',
  /** The back office: books on any account. */
  'ledger:write',
  /** The auditor: reads any account and the log itself. */
  'audit:read',
  /** Users, keys of others, the security log; and every account as if it were one's own. */
  'admin',
] as const;

export type Scope = (typeof scopes)[number];

/** The scopes that reach no further than the accounts one is a member of. */
export type AccountScope = Extract<Scope, `trading:${string}` | `account:${string}`>;

/** What every active user has; how far it reaches is a matter of memberships. */
export const userScopes: ReadonlySet<Scope> = new Set([
  'trading:read',
  'trading:write',
  'market_data:read',
  'account:read',
  'account:write',
]);

export const adminScopes: ReadonlySet<Scope> = new Set(scopes);

/** What a user is to an account. */
export const roles = ['owner', 'trader', 'viewer'] as const;
export type Role = (typeof roles)[number];

const viewing: readonly Scope[] = ['trading:read', 'account:read'];

/** What each role allows in its account. */
export const scopesOfRole: Readonly<Record<Role, ReadonlySet<Scope>>> = {
  viewer: new Set(viewing),
  trader: new Set([...viewing, 'trading:write']),
  owner: new Set([...viewing, 'trading:write', 'account:write']),
};
