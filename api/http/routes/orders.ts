import { z } from 'zod';
import type { AccountId, OrderId } from '#domain/ids.ts';
import { eventAnswer, eventJson } from '../answers/event.ts';
import { fillAnswer, fillJson } from '../answers/fill.ts';
import { form, id, nextCursor, sequence } from '../answers/form.ts';
import { replacementRow, submittedRow } from '../answers/new-order.ts';
import { orderAnswer, orderJson } from '../answers/order.ts';
import { rowsOf } from '../found.ts';
import { command } from '../handled.ts';
import { orderKey } from '../idempotency.ts';
import { orderTimeline } from '../order-timeline.ts';
import { HttpProblem } from '../problem.ts';
import { accountRoute, type Route } from '../route.ts';
import { maybe } from '../schemas/field.ts';
import { accountId, isUuid, pathId } from '../schemas/names.ts';
import { cancelAllBody, changesBody, orderBody, ordersQuery } from '../schemas/order.ts';
import { pageOf } from '../schemas/paging.ts';

const path = '/api/v1/trading/orders';
const tag = 'Orders';
const oneOrder = z.strictObject({ order_id: pathId });
const ofAccount = z.strictObject({ account_id: maybe(accountId) });
const order = form('Order', 'The order.', orderAnswer);

const orderNotFound = (orderId: string, account: AccountId): HttpProblem =>
  new HttpProblem('order_not_found', { details: { order_id: orderId, account_id: account } });

/** An id from a path as an order's; one that no order can have is not found. */
const orderIdOf = (text: string, account: AccountId): OrderId => {
  if (!isUuid(text)) throw orderNotFound(text, account);
  return text as OrderId;
};

const ruleProblems = [
  'account_not_found',
  'account_suspended',
  'account_closed',
  'unknown_symbol',
  'invalid_order_terms',
  'invalid_price_increment',
  'insufficient_quantity',
  'insufficient_buying_power',
  'order_notional_limit_exceeded',
  'position_limit_exceeded',
  'leverage_limit_exceeded',
  'idempotency_key_mismatch',
] as const;

const submitOrder = accountRoute({
  method: 'post',
  path,
  name: 'submitOrder',
  tag,
  summary: 'Submit an order',
  description:
    'Answers when the order is durable, as it was recorded; the broker works it after that. The Idempotency-Key is the client order id where the body has none. The same id with the same content gives the first answer again, with 200 and `Idempotency-Replayed: true`.',
  kind: 'command',
  scope: 'trading:write',
  body: orderBody,
  answers: { 201: order, 200: form('Order', 'The first answer again.', orderAnswer) },
  problems: ruleProblems,
  accountId: ({ body }) => body.accountId,
  handle: async ({ services, account, body, key, actor }) => {
    const { clock, ids } = services;
    const orderId = ids.next() as OrderId;
    const clientOrderId = orderKey(body.clientOrderId, key, orderId);
    const sender = { services, actor, key: clientOrderId };
    const done = await command(sender, account, {
      type: 'SubmitOrder',
      orderId,
      clientOrderId,
      terms: body.terms,
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

const listOrders = accountRoute({
  method: 'get',
  path,
  name: 'listOrders',
  tag,
  summary: 'List orders, newest first',
  description: '`status` is open, closed, all, refused or one exact status.',
  kind: 'read',
  hasPast: true,
  scope: 'trading:read',
  query: ordersQuery,
  answers: {
    200: form(
      'Orders',
      'A page of orders.',
      z.strictObject({ orders: z.array(orderAnswer), next_cursor: nextCursor }),
    ),
  },
  problems: ['account_not_found'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account, query }) => {
    const page = await services.queries.listOrders({
      ...pageOf(query),
      accountId: account,
      status: query.status,
      symbols: query.symbols,
      side: query.side ?? undefined,
      after: query.after ?? undefined,
      until: query.until ?? undefined,
    });
    const rows = await rowsOf(services, account, page.rows);
    return { status: 200, body: { orders: rows.map(orderJson), next_cursor: page.next } };
  },
});

const getOrder = accountRoute({
  method: 'get',
  path: `${path}/{order_id}`,
  name: 'getOrder',
  tag,
  summary: 'One order with its fills and its timeline',
  kind: 'read',
  hasPast: true,
  scope: 'trading:read',
  params: oneOrder,
  query: ofAccount,
  answers: {
    200: form(
      'OrderWithHistory',
      'The order, its fills and every event that made it what it is.',
      z.strictObject({
        order: orderAnswer,
        fills: z.array(fillAnswer),
        timeline: z.array(eventAnswer),
      }),
    ),
  },
  problems: ['order_not_found'],
  accountId: ({ query }) => query.account_id,
  unknown: ({ params }, account) => orderNotFound(params.order_id, account),
  handle: async ({ services, account, params }) => {
    const orderId = orderIdOf(params.order_id, account);
    const row = await services.queries.getOrder(orderId);
    if (row === undefined || row.accountId !== account) throw orderNotFound(orderId, account);
    const [fills, timeline] = await Promise.all([
      services.queries.orderFills(orderId),
      orderTimeline(services.events, row),
    ]);
    const shown = (await services.past?.shownOf(account, timeline)) ?? timeline;
    const body = {
      order: orderJson(row),
      fills: fills.map(fillJson),
      timeline: shown.map(eventJson),
    };
    return { status: 200, body };
  },
});

const replaceOrder = accountRoute({
  method: 'patch',
  path: `${path}/{order_id}`,
  name: 'replaceOrder',
  tag,
  summary: 'Replace an order by a changed one',
  description:
    'Answers with the replacement: a new id that names the old order in `replaces`. The broker may still refuse it, and then the old order works on. Until the broker confirms, the larger of both stays reserved.',
  kind: 'command',
  scope: 'trading:write',
  params: oneOrder,
  body: changesBody,
  answers: { 200: order },
  problems: [
    ...ruleProblems,
    'order_not_found',
    'order_not_replaceable',
    'order_unchanged',
    'quantity_below_filled',
  ],
  accountId: ({ body }) => body.accountId,
  handle: async ({ services, account, params, body, key, actor }) => {
    const { clock, ids } = services;
    const orderId = orderIdOf(params.order_id, account);
    const replacementId = ids.next() as OrderId;
    const clientOrderId = orderKey(body.clientOrderId, key, replacementId);
    const sender = { services, actor, key: clientOrderId };
    const done = await command(sender, account, {
      type: 'ReplaceOrder',
      orderId,
      replacementId,
      clientOrderId,
      changes: body.changes,
      at: clock.now(),
    });
    return {
      status: 200,
      body: orderJson(replacementRow(done.events, account)),
      sequence: done.sequence,
      replayed: done.repeated,
    };
  },
});

const cancelAnswer = z.strictObject({
  order_id: id,
  status: z.enum(['pending_cancel', 'canceled']),
});

const cancelOrder = accountRoute({
  method: 'delete',
  path: `${path}/{order_id}`,
  name: 'cancelOrder',
  tag,
  summary: 'Ask to cancel an order',
  description:
    '202: asked, the broker decides; a fill may still win the race, so read the order for what became of it. 200: canceled at once, where no broker works the account. Asking again while it is pending changes nothing.',
  kind: 'command',
  scope: 'trading:write',
  params: oneOrder,
  query: ofAccount,
  answers: {
    202: form('Cancellation', 'Asked for.', cancelAnswer),
    200: form('Cancellation', 'Done.', cancelAnswer),
  },
  problems: ['account_not_found', 'account_closed', 'order_not_found', 'order_not_cancelable'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account, params, key, actor }) => {
    const orderId = orderIdOf(params.order_id, account);
    const at = services.clock.now();
    const sender = { services, actor, key };
    const done = await command(sender, account, { type: 'CancelOrder', orderId, at });
    const canceled = done.events.some(({ data }) => data.type === 'OrderCanceled');
    return {
      status: canceled ? 200 : 202,
      body: { order_id: orderId, status: canceled ? 'canceled' : 'pending_cancel' },
      sequence: done.sequence,
      replayed: done.repeated,
    };
  },
});

const cancelAllOrders = accountRoute({
  method: 'post',
  path: `${path}/cancel-all`,
  name: 'cancelAllOrders',
  tag,
  summary: 'Ask to cancel every open order, of one symbol or of all',
  kind: 'command',
  scope: 'trading:write',
  body: cancelAllBody,
  answers: {
    200: form(
      'CancellationOfAll',
      'Asked for; the broker decides about each.',
      z.strictObject({
        canceled_count: z.int(),
        order_ids: z.array(id),
        symbol: z.string().nullable(),
        sequence: sequence.nullable(),
      }),
    ),
  },
  problems: ['account_not_found', 'account_closed'],
  accountId: ({ body }) => body.account_id,
  handle: async ({ services, account, body, key, actor }) => {
    const { symbol } = body;
    const sender = { services, actor, key };
    const at = services.clock.now();
    const done = await command(sender, account, { type: 'CancelAllOrders', symbol, at });
    const asked = done.events.flatMap(({ data }) =>
      data.type === 'OrderCancelRequested' ? [data.orderId] : [],
    );
    return {
      status: 200,
      body: { canceled_count: asked.length, order_ids: asked, symbol, sequence: done.sequence },
      sequence: done.sequence,
      replayed: done.repeated,
    };
  },
});

export const orderRoutes: readonly Route[] = [
  submitOrder,
  listOrders,
  cancelAllOrders,
  getOrder,
  replaceOrder,
  cancelOrder,
];
