import assert, { deepEqual, equal } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Broker, BrokerReport, ReportSink, RoutedOrder } from '#commands/ports/broker.ts';
import type { AccountId, OrderId, Symbol } from '#domain/ids.ts';
import { type Price, quantity, sum } from '#domain/money.ts';
import type { OrderTerms } from '#domain/order/terms.ts';
import type { Instant } from '#domain/time.ts';

/** What the suite needs of a broker under test: an open market in one symbol, and limits that do and do not trade. */
export type BrokerWorld = {
  readonly broker: Broker;
  readonly accountId: AccountId;
  readonly symbol: Symbol;
  readonly now: () => Instant;
  /** A buy limit that trades now … */
  readonly marketable: Price;
  /** … and one that does not. */
  readonly faraway: Price;
  /** Resolves when no more reports are to be expected. */
  readonly quiet: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Makes a broker that reports to the given sink. */
export type MakeBrokerWorld = (report: ReportSink) => Promise<BrokerWorld>;

type Told = { readonly accountId: AccountId; readonly report: BrokerReport };

type Desk = BrokerWorld & {
  readonly order: (terms?: Partial<OrderTerms>) => RoutedOrder;
  readonly told: () => readonly BrokerReport[];
  /** The types of the reports so far. */
  readonly types: () => readonly string[];
};

const withDesk = async (
  make: MakeBrokerWorld,
  use: (desk: Desk) => Promise<void>,
): Promise<void> => {
  const told: Told[] = [];
  const world = await make(async (accountId, report) => {
    told.push({ accountId, report });
  });
  const order = (terms: Partial<OrderTerms> = {}): RoutedOrder => ({
    accountId: world.accountId,
    orderId: randomUUID() as OrderId,
    submittedAt: world.now(),
    priceCap: null,
    closingMax: null,
    terms: {
      symbol: world.symbol,
      side: 'buy',
      type: 'limit',
      timeInForce: 'day',
      quantity: quantity('10'),
      notional: null,
      limitPrice: world.faraway,
      stopPrice: null,
      trailAmount: null,
      trailPercent: null,
      ...terms,
    },
  });
  try {
    await use({
      ...world,
      order,
      told: () => told.map(({ report }) => report),
      types: () => told.map(({ report }) => report.type),
    });
    assert(told.every(({ accountId }) => accountId === world.accountId));
  } finally {
    await world.close();
  }
};

/** What every broker adapter must do; run it with the adapter's own world. */
export const describeBroker = (name: string, make: MakeBrokerWorld): void => {
  const rule = (text: string, use: (desk: Desk) => Promise<void>): void => {
    it(text, () => withDesk(make, use));
  };

  describe(`${name}: an order that does not trade`, () => {
    rule('is accepted once, however often it is submitted', async (desk) => {
      const order = desk.order();
      await desk.broker.submit(order);
      await desk.quiet();
      await desk.broker.submit(order);
      await desk.quiet();
      deepEqual(desk.types(), ['AcceptOrder']);
    });

    rule('is known by our order id, another is not', async (desk) => {
      const order = desk.order();
      await desk.broker.submit(order);
      await desk.quiet();
      equal(await desk.broker.knows(order.orderId), true);
      equal(await desk.broker.knows(randomUUID() as OrderId), false);
    });

    rule('is canceled once, however often that is asked', async (desk) => {
      const order = desk.order();
      await desk.broker.submit(order);
      await desk.quiet();
      for (const _ of [1, 2]) {
        await desk.broker.cancel(desk.accountId, order.orderId, desk.now());
        await desk.quiet();
      }
      deepEqual(desk.types(), ['AcceptOrder', 'ConfirmCancel']);
    });

    rule('is replaced once, and the replacement works in its place', async (desk) => {
      const order = desk.order();
      const replacement = desk.order({ quantity: quantity('12') });
      await desk.broker.submit(order);
      await desk.quiet();
      for (const _ of [1, 2]) {
        await desk.broker.replace(order.orderId, replacement);
        await desk.quiet();
      }
      await desk.broker.cancel(desk.accountId, replacement.orderId, desk.now());
      await desk.quiet();
      deepEqual(desk.types(), ['AcceptOrder', 'ConfirmReplace', 'ConfirmCancel']);
    });
  });

  describe(`${name}: an order that trades`, () => {
    rule('is accepted, then filled with its quantity at its limit or better', async (desk) => {
      const order = desk.order({ limitPrice: desk.marketable });
      await desk.broker.submit(order);
      await desk.quiet();
      equal(desk.types()[0], 'AcceptOrder');
      const fills = desk.told().flatMap((report) => (report.type === 'Fill' ? [report] : []));
      equal(sum(fills.map((fill) => fill.quantity)), quantity('10'));
      assert(
        fills.every((fill) => fill.price <= desk.marketable && fill.orderId === order.orderId),
      );
      equal(new Set(fills.map((fill) => fill.executionId)).size, fills.length);
    });

    rule('is not filled again when it is submitted again', async (desk) => {
      const order = desk.order({ limitPrice: desk.marketable });
      await desk.broker.submit(order);
      await desk.quiet();
      const before = desk.types();
      await desk.broker.submit(order);
      await desk.quiet();
      deepEqual(desk.types(), before);
    });

    rule('cannot be canceled or replaced any more', async (desk) => {
      const order = desk.order({ limitPrice: desk.marketable });
      await desk.broker.submit(order);
      await desk.quiet();
      await desk.broker.cancel(desk.accountId, order.orderId, desk.now());
      await desk.broker.replace(order.orderId, desk.order());
      await desk.quiet();
      deepEqual(desk.types().slice(-2), ['RejectCancel', 'RejectReplace']);
    });
  });

  describe(`${name}: an order it never had`, () => {
    rule('cannot be canceled or replaced', async (desk) => {
      const { orderId } = desk.order();
      await desk.broker.cancel(desk.accountId, orderId, desk.now());
      await desk.broker.replace(orderId, desk.order());
      await desk.quiet();
      deepEqual(desk.types(), ['RejectCancel', 'RejectReplace']);
    });
  });
};
