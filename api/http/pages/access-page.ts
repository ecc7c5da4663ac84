import { unreachable } from '#domain/unreachable.ts';
import { type Role, roles, scopes, scopesOfRole, userScopes } from '#identity/scopes.ts';
import { rolesInWords } from '../access-words.ts';
import type { Reach, Route } from '../route.ts';

const code = (text: string): string => `\`${text}\``;

const scopeCell = ({ scope }: Route): string => {
  if (scope === null) return 'no credential';
  return scope === 'any_user' ? 'any credential' : code(scope);
};

const reachCell = (reach: Reach): string => {
  switch (reach) {
    case 'account':
      return 'members; administrators reach all';
    case 'any':
      return 'every account';
    case 'none':
      return '–';
    default:
      return unreachable(reach);
  }
};

const routeRow = (route: Route): string =>
  [
    '',
    code(route.method.toUpperCase()),
    code(route.path),
    scopeCell(route),
    rolesInWords(route) || '–',
    reachCell(route.reach),
    '',
  ]
    .join(' | ')
    .trim();

const yes = (has: boolean): string => (has ? 'yes' : '–');

const scopeRow = (scope: (typeof scopes)[number]): string => {
  const ofRoles = roles.map((role: Role) => yes(scopesOfRole[role].has(scope)));
  return `| ${code(scope)} | ${yes(userScopes.has(scope))} | yes | ${ofRoles.join(' | ')} |`;
};

/** What every route asks of its sender, as Markdown. */
export const accessPage = (routes: readonly Route[]): string => `# Who may do what

Generated from the table of routes by \`npm run docs\`. A request needs a credential (an access token or an API key) that
has the route's scope, and for a route about one account a membership in a role that has it, too. A key has the scopes
it was made with, as far as its user still has them. An account of others answers exactly like one that does not exist;
a member whose role does not suffice is told so.

A request that names no account means the only one that its sender opened, or else is a member of; with none or several
it is answered with \`account_required\`.

## Routes

| method | path | scope | roles in the account | reaches |
|---|---|---|---|---|
${routes.map(routeRow).join('\n')}

\`/docs\` and \`/openapi.json\` take any credential, from a browser an API key as the password (HTTP Basic).

## Scopes

| scope | a user has it | an administrator | ${roles.map((role) => `as ${role}`).join(' | ')} |
|---|---|---|${roles.map(() => '---|').join('')}
${scopes.map(scopeRow).join('\n')}

\`ledger:write\` and \`audit:read\` are not bound to accounts: whoever has them reaches every account, and so does \`admin\`.
`;
