import { z } from 'zod';
import { bookingAnswers, bookingOf } from '../answers/booking.ts';
import { command } from '../handled.ts';
import { type Route, route } from '../route.ts';
import { bustBody, correctBody, fillBody } from '../schemas/booking.ts';
import { executionId } from '../schemas/names.ts';

const path = '/api/v1/ledger/fills';
const tag = 'Fills';
const oneFill = z.strictObject({ execution_id: executionId });
const reported =
  'A report of what happened already: recorded, or recorded as disputed (`outcome` and `because` say so), never refused.';

const reportFill = route({
  method: 'post',
  path,
  name: 'reportFill',
  tag,
  summary: 'Report an execution, of an order or from outside (order_id null)',
  description: `${reported} Its execution id is its idempotency key.`,
  kind: 'command',
  scope: 'ledger:write',
  reach: 'any',
  body: fillBody,
  answers: bookingAnswers,
  problems: ['account_not_found'],
  handle: async ({ services, body, key, actor }) => {
    const done = await command({ services, actor, key }, body.account_id, {
      type: 'Fill',
      executionId: body.execution_id,
      orderId: body.order_id,
      symbol: body.symbol,
      side: body.side,
      quantity: body.quantity,
      price: body.price,
      commission: body.commission,
      liquidity: body.liquidity,
      venue: body.venue,
      at: body.executed_at,
    });
    return bookingOf(body.account_id, done);
  },
});

const bustFill = route({
  method: 'post',
  path: `${path}/{execution_id}/bust`,
  name: 'bustFill',
  tag,
  summary: 'Report that an execution was taken back',
  description: reported,
  kind: 'command',
  scope: 'ledger:write',
  reach: 'any',
  params: oneFill,
  body: bustBody,
  answers: bookingAnswers,
  problems: ['account_not_found'],
  handle: async ({ services, params, body, key, actor }) => {
    const done = await command({ services, actor, key }, body.account_id, {
      type: 'BustFill',
      executionId: params.execution_id,
      reason: body.reason,
      at: body.busted_at ?? services.clock.now(),
    });
    return bookingOf(body.account_id, done);
  },
});

const correctFill = route({
  method: 'post',
  path: `${path}/{execution_id}/correct`,
  name: 'correctFill',
  tag,
  summary: 'Report that an execution was restated',
  description: reported,
  kind: 'command',
  scope: 'ledger:write',
  reach: 'any',
  params: oneFill,
  body: correctBody,
  answers: bookingAnswers,
  problems: ['account_not_found'],
  handle: async ({ services, params, body, key, actor }) => {
    const done = await command({ services, actor, key }, body.account_id, {
      type: 'CorrectFill',
      executionId: params.execution_id,
      quantity: body.quantity,
      price: body.price,
      commission: body.commission,
      reason: body.reason,
      at: body.corrected_at ?? services.clock.now(),
    });
    return bookingOf(body.account_id, done);
  },
});

export const fillRoutes: readonly Route[] = [reportFill, bustFill, correctFill];
