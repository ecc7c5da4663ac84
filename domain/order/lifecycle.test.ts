import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccountCommand } from '#commands/commands.ts';
import {
  acceptance,
  cancel,
  cancelDenied,
  canceled,
  deposit,
  expiry,
  fill,
  openAccount,
  orderId,
  rejection,
  replace,
  replaceConfirmed,
  replaceDenied,
  submit,
  trailing,
  trigger,
} from '#tests/support/makers.ts';
import { having } from '#tests/support/specification.ts';
import { quantity } from '../money.ts';
import { happenings, lifecycle, nextStatus, type OrderStatus, orderStatuses } from './lifecycle.ts';

const begin = [openAccount({ kind: 'cash' }), deposit('100000')];
const limit = submit('o1', { quantity: '100', limit: '10' });
const part = fill('x1', 'o1', '40', '10');
const asked = replace('o1', 'o2', { quantity: '200' });

/** A way to reach each status through the commands alone. */
const ways: Readonly<Record<OrderStatus, readonly AccountCommand[]>> = {
  submitted: [limit],
  accepted: [limit, acceptance('o1')],
  partially_filled: [limit, part],
  pending_cancel: [limit, asked, cancel('o1')],
  pending_replace: [limit, asked],
  filled: [limit, fill('x2', 'o1', '100', '10')],
  canceled: [limit, canceled('o1')],
  rejected: [limit, rejection('o1')],
  expired: [limit, expiry('o1')],
  replaced: [limit, acceptance('o1'), part, asked, replaceConfirmed('o1', 'o2')],
};

type Told = {
  readonly by: (typeof happenings)[number];
  readonly command: AccountCommand;
  /** The event that takes the step. */
  readonly event: string;
};
const told: readonly Told[] = [
  { by: 'accept', command: acceptance('o1'), event: 'OrderAccepted' },
  { by: 'reject', command: rejection('o1'), event: 'OrderRejected' },
  { by: 'trigger', command: trigger('o1'), event: 'OrderTriggered' },
  { by: 'part_fill', command: fill('x9', 'o1', '1', '10'), event: 'OrderFilled' },
  { by: 'ask_cancel', command: cancel('o1'), event: 'OrderCancelRequested' },
  { by: 'cancel', command: canceled('o1'), event: 'OrderCanceled' },
  { by: 'deny_cancel', command: cancelDenied('o1'), event: 'OrderCancelRejected' },
  {
    by: 'ask_replace',
    command: replace('o1', 'o3', { limit: '9' }),
    event: 'OrderReplaceRequested',
  },
  { by: 'replace', command: replaceConfirmed('o1', 'o2'), event: 'OrderReplaced' },
  { by: 'deny_replace', command: replaceDenied('o1', 'o2'), event: 'OrderReplaceRejected' },
  { by: 'expire', command: expiry('o1'), event: 'OrderExpired' },
];
/** Steps the table allows that need something else to have happened: no event, and no step. */
const nothingToSay: ReadonlySet<string> = new Set(['replaced accept', 'accepted accept']);

describe('the lifecycle, told through commands', () => {
  for (const status of orderStatuses) {
    for (const { by, command, event } of told) {
      const next = lifecycle[status][by];
      it(`${status}: ${by} ${next === undefined ? 'is not recorded as such' : `leads to ${next}`}`, () => {
        const account = having(...begin, ...ways[status]);
        assert.equal(account.state().orders.get(orderId('o1'))?.status, status);
        const { decision, state } = account.when(command);
        const after = state.orders.get(orderId('o1'));
        const types = decision.events.map(({ type }) => type as string);
        if (!types.includes(event)) {
          const excused = ['ReportDisputed', 'FillDisputed'].includes(types[0] ?? '');
          assert.ok(excused || types.length === 0 || decision.kind === 'refused');
          assert.equal(after?.status, status, 'what is not recorded moves nothing');
          return;
        }
        assert.ok(next !== undefined, `${status} ${by} is not in the table but was recorded`);
        assert.ok(!nothingToSay.has(`${status} ${by}`));
        const resumed = after?.replacement ? 'pending_replace' : 'submitted';
        assert.equal(after?.status, next === 'resume' ? resumed : next);
      });
    }
  }

  it('knows nothing but its own statuses and happenings', () => {
    assert.deepEqual(Object.keys(lifecycle).sort(), [...orderStatuses].sort());
    for (const row of Object.values(lifecycle)) {
      for (const [by, next] of Object.entries(row)) {
        assert.ok((happenings as readonly string[]).includes(by));
        assert.ok(next === 'resume' || orderStatuses.includes(next));
      }
    }
  });
});

describe('a denied request', () => {
  const after = { filledQuantity: quantity('0'), accepted: false, replacement: null };

  it('leaves the order where it would be had nobody asked', () => {
    const from = { ...after, status: 'pending_cancel' } as const;
    assert.equal(nextStatus(from, 'deny_cancel'), 'submitted');
    assert.equal(nextStatus({ ...from, accepted: true }, 'deny_cancel'), 'accepted');
    const filled = { ...from, filledQuantity: quantity('1') };
    assert.equal(nextStatus(filled, 'deny_cancel'), 'partially_filled');
  });

  it('to cancel leaves a replacement in flight: the broker still owes its answer', () => {
    const waiting = having(...begin, limit, asked, cancel('o1'), cancelDenied('o1'));
    assert.equal(waiting.state().orders.get(orderId('o1'))?.status, 'pending_replace');
    waiting.when(replaceDenied('o1', 'o2')).emits({ type: 'OrderReplaceRejected' });
    waiting.when(replaceConfirmed('o1', 'o2')).emits({ type: 'OrderReplaced' });
    waiting.when(replace('o1', 'o3', { limit: '9' })).refuses('order_not_replaceable');
  });
});

describe('a report on an order nobody knows', () => {
  const reports = [
    acceptance('o9'),
    rejection('o9'),
    trigger('o9'),
    trailing('o9', '10', '9'),
    canceled('o9'),
    cancelDenied('o9'),
    replaceConfirmed('o9', 'o8'),
    replaceDenied('o9', 'o8'),
    expiry('o9'),
  ];
  for (const report of reports) {
    it(`${report.type} is kept as a dispute`, () => {
      having(...begin)
        .when(report)
        .emits({ type: 'ReportDisputed', because: 'unknown_order', orderId: orderId('o9') });
    });
    it(`${report.type} is refused where there is no account`, () => {
      having().when(report).refuses('account_not_found');
    });
  }
});
