import type { AccountId } from '#domain/ids.ts';
import { HttpProblem } from './problem.ts';
import type { Services } from './services.ts';

export const accountNotFound = (accountId: AccountId): HttpProblem =>
  new HttpProblem('account_not_found', { details: { account_id: accountId } });

/** A list's rows; nothing found in an account that does not exist is another answer than an empty list. */
export const rowsOf = async <Row>(
  services: Services,
  accountId: AccountId,
  rows: readonly Row[],
): Promise<readonly Row[]> => {
  if (rows.length === 0 && (await services.queries.getAccount(accountId)) === undefined) {
    throw accountNotFound(accountId);
  }
  return rows;
};
