import { unreachable } from '#domain/unreachable.ts';
import { rolesWith } from './account-of.ts';
import type { Route, RouteScope } from './route.ts';

/** The roles in an account that a route takes, in words; empty where it is about none. */
export const rolesInWords = ({ scope, reach }: Pick<Route, 'scope' | 'reach'>): string =>
  reach !== 'account' || scope === null || scope === 'any_user' ? '' : rolesWith(scope).join(', ');

const scopeInWords = (scope: NonNullable<RouteScope>): string =>
  scope === 'any_user' ? 'Needs any good credential.' : `Needs the scope \`${scope}\`.`;

/** What a route asks of its sender, in a sentence or two. */
export const accessInWords = (route: Pick<Route, 'scope' | 'reach'>): string => {
  const { scope, reach } = route;
  if (scope === null) return 'Needs no credential.';
  const words = scopeInWords(scope);
  switch (reach) {
    case 'account':
      return `${words} Reaches the accounts in which you are ${rolesInWords(route)}; an administrator reaches all.`;
    case 'any':
      return `${words} Reaches every account.`;
    case 'none':
      return words;
    default:
      return unreachable(reach);
  }
};
