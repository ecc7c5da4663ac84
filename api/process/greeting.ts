import type { AccountId } from '#domain/ids.ts';
import { scopes } from '#identity/scopes.ts';

/** How the first administrator comes to be. */
export type Setup =
  /** With this token, which is good once. */
  | { readonly kind: 'token'; readonly token: string }
  /** With a token that is not printed, because what is printed goes to a log. */
  | { readonly kind: 'token_not_shown' }
  /** There is one. */
  | { readonly kind: 'done' };

export type Greeting = {
  readonly url: string;
  readonly setup: Setup;
  readonly paperAccountId: AccountId;
  readonly demoAccountId: AccountId | null;
  readonly market: string;
  readonly logFile: string | null;
};

/** From nothing to an order, for any POSIX shell; the password is random, so that none is anybody's default. */
const setUp = (url: string, token: string): readonly string[] => [
  '  There is no administrator yet. Become it, in another terminal (the token is good once, until the next start):',
  '',
  '  export EMAIL=admin@example.org PASSWORD="$(head -c 18 /dev/urandom | base64)"; echo "$EMAIL $PASSWORD"',
  `  api() { to=$1; shift; curl -s "${url}/api/v1/$to" -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' "$@"; echo; }`,
  `  pick() { sed -n 's/.*"'"$1"'":"\\([^"]*\\)".*/\\1/p'; }`,
  `  api auth/setup -d '{"setup_token":"${token}","email":"'"$EMAIL"'","username":"admin","password":"'"$PASSWORD"'"}'`,
  `  KEY=$(api auth/login -d '{"email":"'"$EMAIL"'","password":"'"$PASSWORD"'"}' | pick access_token)`,
  `  export KEY=$(api auth/api-keys -d '{"name":"first","scopes":[${scopes.map((scope) => `"${scope}"`).join(',')}]}' | pick api_key); echo "$KEY"`,
];

const withoutToken: readonly string[] = [
  '  There is no administrator yet. On this machine, `npx ledger setup-token` prints a token that is good once (in a container',
  '  `node ledger.ts setup-token`), for POST /api/v1/auth/setup {"setup_token", "email", "username", "password"}. Then log in',
  '  and make an API key, $KEY:',
  '',
];

const trade = (url: string, account: AccountId): readonly string[] => [
  `  curl -s ${url}/api/v1/trading/orders -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\`,
  `    -d '{"account_id":"${account}","symbol":"AAPL","side":"buy","type":"market","quantity":10,"client_order_id":"my-first-order"}'`,
  `  sleep 1; curl -s "${url}/api/v1/trading/positions?account_id=${account}" -H "Authorization: Bearer $KEY"`,
];

const whatToDo = ({ url, setup, paperAccountId }: Greeting): readonly string[] => {
  switch (setup.kind) {
    case 'token':
      return [...setUp(url, setup.token), ...trade(url, paperAccountId)];
    case 'token_not_shown':
      return [...withoutToken, ...trade(url, paperAccountId)];
    case 'done':
      return [
        '  Try, in another terminal, with an API key of the administrator in KEY (README.md shows the way of other users):',
        '',
        ...trade(url, paperAccountId),
      ];
  }
};

/** What a newcomer sees when the server is up: where it is, and the requests that lead to an order. */
export const greeting = (facts: Greeting): string => {
  const { url, demoAccountId, market, logFile } = facts;
  const demo =
    demoAccountId === null
      ? []
      : [`  Demo account      ${demoAccountId} (210 real-price fills, AAPL 2014, 7:1 split)`];
  return [
    '',
    '  order-ledger is up',
    '',
    `  API and its page  ${url}/docs (a browser asks for a password: it is an API key)`,
    `  Paper account     ${facts.paperAccountId} (100,000 USD to begin with; the first administrator owns it)`,
    ...demo,
    `  Market            ${market}`,
    ...(logFile === null ? [] : [`  Log               ${logFile}`]),
    '',
    ...whatToDo(facts),
    '',
    '  Ctrl-C stops it; everything acknowledged is on disk.',
    '',
  ].join('\n');
};
