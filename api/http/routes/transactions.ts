import { z } from 'zod';
import { type Activity, transactionTypes } from '#projections/ports/queries.ts';
import { form, nextCursor } from '../answers/form.ts';
import {
  activityAnswer,
  activityJson,
  transactionAnswer,
  transactionJson,
} from '../answers/transaction.ts';
import { rowsOf } from '../found.ts';
import { accountRoute, type Route } from '../route.ts';
import { listOf, maybe, oneOf } from '../schemas/field.ts';
import { accountId, moment, symbols } from '../schemas/names.ts';
import { pageOf, paging } from '../schemas/paging.ts';

const tag = 'Transactions';

const listTransactions = accountRoute({
  method: 'get',
  path: '/api/v1/trading/transactions',
  name: 'listTransactions',
  tag,
  summary: 'Every movement of cash with the balance after it, newest first',
  kind: 'read',
  hasPast: true,
  scope: 'account:read',
  query: z.strictObject({
    account_id: maybe(accountId),
    types: maybe(listOf(oneOf(transactionTypes), transactionTypes.length)),
    symbols: maybe(symbols),
    after: maybe(moment),
    until: maybe(moment),
    ...paging,
  }),
  answers: {
    200: form(
      'Transactions',
      'A page of transactions.',
      z.strictObject({ transactions: z.array(transactionAnswer), next_cursor: nextCursor }),
    ),
  },
  problems: ['account_not_found'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account, query }) => {
    const page = await services.queries.listTransactions({
      ...pageOf(query),
      accountId: account,
      types: query.types ?? undefined,
      symbols: query.symbols ?? undefined,
      after: query.after ?? undefined,
      until: query.until ?? undefined,
    });
    const rows = await rowsOf(services, account, page.rows);
    const body = { transactions: rows.map(transactionJson), next_cursor: page.next };
    return { status: 200, body };
  },
});

const kinds = { orders: 'order', fills: 'fill', transfers: 'transfer' } as const satisfies Record<
  string,
  Activity['kind']
>;

const listActivity = accountRoute({
  method: 'get',
  path: '/api/v1/trading/activity',
  name: 'listActivity',
  tag,
  summary: 'Orders, fills and transfers in one list, newest first',
  kind: 'read',
  hasPast: true,
  scope: 'account:read',
  query: z.strictObject({
    account_id: maybe(accountId),
    activity_types: maybe(listOf(oneOf(['orders', 'fills', 'transfers']), 3)),
    ...paging,
  }),
  answers: {
    200: form(
      'Activities',
      'A page of what happened.',
      z.strictObject({ activities: z.array(activityAnswer), next_cursor: nextCursor }),
    ),
  },
  problems: ['account_not_found'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account, query }) => {
    const page = await services.queries.activity({
      ...pageOf(query),
      accountId: account,
      kinds: query.activity_types?.map((word) => kinds[word]),
    });
    const rows = await rowsOf(services, account, page.rows);
    return { status: 200, body: { activities: rows.map(activityJson), next_cursor: page.next } };
  },
});

export const transactionRoutes: readonly Route[] = [listTransactions, listActivity];
