import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BrokerReport } from '#commands/ports/broker.ts';
import type { AccountId, OrderId } from '#domain/ids.ts';
import { fromMilliseconds } from '#domain/time.ts';
import { type ManualTime, manualTime, settle } from '#tests/support/manual-time.ts';
import type { AddressedReport } from './book.ts';
import { createReportQueue } from './report-queue.ts';

const expired = (account: string, order: string): AddressedReport => ({
  accountId: account as AccountId,
  report: { type: 'ExpireOrder', orderId: order as OrderId, at: fromMilliseconds(0) },
});

/** A ledger that takes a report after `failures` refusals of it. */
const world = (failures: Readonly<Record<string, number>> = {}) => {
  const time: ManualTime = manualTime();
  const left = new Map(Object.entries(failures));
  const taken: string[] = [];
  const tried: string[] = [];
  const queue = createReportQueue({
    report: async (accountId, report: BrokerReport) => {
      const orderId = 'orderId' in report ? String(report.orderId) : '';
      tried.push(orderId);
      await Promise.resolve();
      const more = left.get(orderId) ?? 0;
      left.set(orderId, more - 1);
      if (more > 0) throw new Error('down');
      taken.push(`${accountId} ${orderId}`);
    },
    timer: time.timer,
    retryFirstMs: 100,
    retryMostMs: 300,
    onUnreported: () => undefined,
  });
  return { queue, time, taken, tried };
};

describe('reports', () => {
  it('arrive in order, each once', async () => {
    const { queue, taken } = world();
    queue.push([expired('a', '1'), expired('a', '2')]);
    queue.push([expired('a', '3')]);
    await queue.drained();
    deepEqual(taken, ['a 1', 'a 2', 'a 3']);
  });

  it('that are not taken are sent again, ever more slowly, before the ones that come later', async () => {
    const { queue, taken, tried, time } = world({ 1: 4 });
    queue.push([expired('a', '1'), expired('a', '2')]);
    await settle();
    queue.push([expired('a', '3')]);
    const tries: number[] = [];
    for (const wait of [0, 99, 1, 199, 1, 300, 300]) {
      await time.pass(wait);
      tries.push(tried.length);
    }
    deepEqual(tries, [2, 2, 3, 3, 4, 5, 7]);
    deepEqual(taken, ['a 2', 'a 1', 'a 3']);
  });

  it('of other accounts do not wait', async () => {
    const { queue, taken, time } = world({ 1: 1 });
    queue.push([expired('a', '1'), expired('b', '2')]);
    await settle();
    deepEqual(taken, ['b 2']);
    await time.pass(100);
    deepEqual(taken, ['b 2', 'a 1']);
  });

  it('are drained when those so far are recorded, whatever comes after', async () => {
    const { queue, taken } = world({ 2: 1 });
    queue.push([expired('a', '1')]);
    const drained = queue.drained();
    queue.push([expired('a', '2')]);
    await drained;
    deepEqual(taken, ['a 1']);
    await queue.stop();
  });

  it('are sent no more after a stop', async () => {
    const { queue, taken, tried, time } = world({ 1: 1 });
    queue.push([expired('a', '1')]);
    await settle();
    await queue.stop();
    queue.push([expired('a', '2')]);
    await time.pass(10_000);
    deepEqual([taken, tried, time.alarms()], [[], ['1'], 0]);
    equal(await queue.drained(), undefined);
  });
});
