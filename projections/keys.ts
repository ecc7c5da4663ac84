import type { AccountId, StreamName, Symbol as Ticker } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';

/** What one account holds of one symbol. */
export const holdingKey = (accountId: AccountId, symbol: Ticker): string =>
  `${accountId}/${symbol}`;

const prefix = 'account-';

/** The account whose stream this is. */
export const accountOf = (stream: StreamName): AccountId => {
  invariant(stream.startsWith(prefix), `${stream} is an account's stream`);
  return stream.slice(prefix.length) as AccountId;
};
