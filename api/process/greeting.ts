import type { AccountId } from '#domain/ids.ts';

export type Greeting = {
  readonly url: string;
  readonly keyFile: string | null;
  /** Null where the owner has it already, or what is printed goes to a log. */
  readonly key: string | null;
  readonly paperAccountId: AccountId;
  readonly demoAccountId: AccountId | null;
  readonly market: string;
  readonly logFile: string | null;
};

/** What a newcomer sees when the server is up: where it is, the key, and three requests that move money. */
export const greeting = (facts: Greeting): string => {
  const { url, key, keyFile, demoAccountId, market, logFile } = facts;
  const held = keyFile === null ? 'from OPERATOR_KEY' : `kept in ${keyFile}`;
  const shown = key ?? 'not shown here';
  const demo =
    demoAccountId === null
      ? []
      : [`  Demo account      ${demoAccountId} (210 real-price fills, AAPL 2014, 7:1 split)`];
  return [
    '',
    '  order-ledger is up',
    '',
    `  API and its page  ${url}/docs (a browser asks for a password: it is the operator key)`,
    `  Operator key      ${shown} (${held})`,
    `  Paper account     ${facts.paperAccountId} (100,000 USD to begin with; requests mean it if they name none)`,
    ...demo,
    `  Market            ${market}`,
    ...(logFile === null ? [] : [`  Log               ${logFile}`]),
    '',
    '  Try, in another terminal:',
    '',
    keyFile === null ? '  export KEY=…' : `  export KEY=$(cat ${keyFile})`,
    `  curl -s ${url}/api/v1/trading/orders -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\`,
    `    -d '{"symbol":"AAPL","side":"buy","type":"market","quantity":10,"client_order_id":"my-first-order"}'`,
    `  curl -s ${url}/api/v1/trading/positions -H "Authorization: Bearer $KEY"`,
    `  curl -s ${url}/api/v1/trading/transactions -H "Authorization: Bearer $KEY"`,
    '',
    '  Ctrl-C stops it; everything acknowledged is on disk.',
    '',
  ].join('\n');
};
