import { z } from 'zod';
import type { AccountId, OrderId, Symbol } from '#domain/ids.ts';
import { form, nextCursor } from '../answers/form.ts';
import { submittedRow } from '../answers/new-order.ts';
import { orderAnswer, orderJson } from '../answers/order.ts';
import {
  closedPositionAnswer,
  closedPositionJson,
  positionAnswer,
  positionJson,
} from '../answers/position.ts';
import { rowsOf } from '../found.ts';
import { command } from '../handled.ts';
import { orderKey } from '../idempotency.ts';
import { HttpProblem } from '../problem.ts';
import { accountRoute, type Route } from '../route.ts';
import { maybe } from '../schemas/field.ts';
import { quantity } from '../schemas/money.ts';
import { accountId, moment, symbol, symbols } from '../schemas/names.ts';
import { pageOf, paging } from '../schemas/paging.ts';

const path = '/api/v1/trading/positions';
const tag = 'Positions';
const oneSymbol = z.strictObject({ symbol });
const ofAccount = z.strictObject({ account_id: maybe(accountId) });

const positionNotFound = (ticker: Symbol, account: AccountId): HttpProblem =>
  new HttpProblem('position_not_found', { details: { symbol: ticker, account_id: account } });

const listPositions = accountRoute({
  method: 'get',
  path,
  name: 'listPositions',
  tag,
  summary: 'Open positions by symbol, at the latest marks',
  kind: 'read',
  hasPast: true,
  scope: 'trading:read',
  query: ofAccount,
  answers: {
    200: form(
      'Positions',
      'All open positions.',
      z.strictObject({ positions: z.array(positionAnswer) }),
    ),
  },
  problems: ['account_not_found'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account }) => {
    const found = await services.queries.listPositions(account);
    const rows = await rowsOf(services, account, found);
    return { status: 200, body: { positions: rows.map(positionJson) } };
  },
});

const getPosition = accountRoute({
  method: 'get',
  path: `${path}/{symbol}`,
  name: 'getPosition',
  tag,
  summary: 'One open position',
  kind: 'read',
  hasPast: true,
  scope: 'trading:read',
  params: oneSymbol,
  query: ofAccount,
  answers: { 200: form('Position', 'The position.', positionAnswer) },
  problems: ['position_not_found'],
  accountId: ({ query }) => query.account_id,
  unknown: ({ params }, account) => positionNotFound(params.symbol, account),
  handle: async ({ services, account, params }) => {
    const row = await services.queries.getPosition(account, params.symbol);
    if (row !== undefined) return { status: 200, body: positionJson(row) };
    throw positionNotFound(params.symbol, account);
  },
});

const closePosition = accountRoute({
  method: 'delete',
  path: `${path}/{symbol}`,
  name: 'closePosition',
  tag,
  summary: 'Close a position, or part of it, at the market',
  description: 'Answers with the market order that it submits.',
  kind: 'command',
  scope: 'trading:write',
  params: oneSymbol,
  query: z.strictObject({ account_id: maybe(accountId), quantity: maybe(quantity()) }),
  answers: {
    201: form('Order', 'The order that closes it.', orderAnswer),
    200: form('Order', 'The first answer again.', orderAnswer),
  },
  problems: [
    'account_not_found',
    'account_suspended',
    'account_closed',
    'position_not_found',
    'unknown_symbol',
    'insufficient_quantity',
    'insufficient_buying_power',
    'order_notional_limit_exceeded',
  ],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account, params, query, key, actor }) => {
    const { clock, ids } = services;
    const orderId = ids.next() as OrderId;
    const clientOrderId = orderKey(null, key, orderId);
    const sender = { services, actor, key: clientOrderId };
    const done = await command(sender, account, {
      type: 'ClosePosition',
      symbol: params.symbol,
      quantity: query.quantity,
      orderId,
      clientOrderId,
      at: clock.now(),
    });
    return {
      status: done.repeated ? 200 : 201,
      body: orderJson(submittedRow(done.events, account)),
      sequence: done.sequence,
      replayed: done.repeated,
    };
  },
});

const listPositionHistory = accountRoute({
  method: 'get',
  path: '/api/v1/trading/position-history',
  name: 'listPositionHistory',
  tag,
  summary: 'Closed positions, from flat to flat, newest first',
  kind: 'read',
  hasPast: true,
  scope: 'trading:read',
  query: z.strictObject({
    account_id: maybe(accountId),
    symbols: maybe(symbols),
    after: maybe(moment),
    until: maybe(moment),
    ...paging,
  }),
  answers: {
    200: form(
      'PositionHistory',
      'A page of closed positions.',
      z.strictObject({ positions: z.array(closedPositionAnswer), next_cursor: nextCursor }),
    ),
  },
  problems: ['account_not_found'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account, query }) => {
    const page = await services.queries.listPositionHistory({
      ...pageOf(query),
      accountId: account,
      symbols: query.symbols ?? undefined,
      after: query.after ?? undefined,
      until: query.until ?? undefined,
    });
    const rows = await rowsOf(services, account, page.rows);
    const body = { positions: rows.map(closedPositionJson), next_cursor: page.next };
    return { status: 200, body };
  },
});

export const positionRoutes: readonly Route[] = [
  listPositions,
  getPosition,
  closePosition,
  listPositionHistory,
];
