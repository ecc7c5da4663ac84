import type { AccountPolicy } from '#domain/account/policy.ts';
import type { AccountState, OrderState } from '#domain/account/state.ts';
import type { AccountId, OrderId } from '#domain/ids.ts';
import { add, type Cash, notional, sum, zeroCash, zeroQuantity } from '#domain/money.ts';
import { isLive } from '#domain/order/lifecycle.ts';
import type { LedgerEvent, RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import type { Ledger } from '../ledger.ts';
import type { Broker, RoutedOrder, WorkingOrder } from '../ports/broker.ts';
import type { Checkpoints } from '../ports/checkpoints.ts';
import type { EventStore } from '../ports/event-store.ts';
import { accountOf } from './account-of.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { boundsOf } from './order-bounds.ts';

export type RouterPorts = {
  readonly store: Pick<EventStore, 'subscribe'>;
  readonly ledger: Pick<Ledger, 'inspect'>;
  readonly checkpoints: Checkpoints;
  /** Its actor is `broker:<name>`; `name` is what an account's policy says. */
  readonly broker: Broker;
  readonly name: 'paper';
  /** The business clock: what a request sent anew after a restart is dated with. */
  readonly now: () => Instant;
};

const routed = (
  accountId: AccountId,
  order: OrderState,
  policy: AccountPolicy | null,
): RoutedOrder => ({
  accountId,
  orderId: order.orderId,
  terms: order.terms,
  submittedAt: order.submittedAt,
  ...boundsOf(policy, order),
});

/** An order as it was asked for: nothing of it has filled. */
const asAsked = (
  accountId: AccountId,
  orderId: OrderId,
  asked: Pick<OrderState, 'terms' | 'reservation' | 'submittedAt'>,
  policy: AccountPolicy | null,
): RoutedOrder => {
  const { terms, reservation, submittedAt } = asked;
  const nothing = { filledQuantity: zeroQuantity, bustedQuantity: zeroQuantity };
  const bounds = boundsOf(policy, { terms, reservation, ...nothing });
  return { accountId, orderId, terms, submittedAt, ...bounds };
};

/** What of an order's fills was taken back, in currency. */
const bustedNotional = (state: AccountState, order: OrderState): Cash => {
  if (order.bustedQuantity === 0n) return zeroCash;
  const fills = [...state.executions.values()].filter(({ orderId }) => orderId === order.orderId);
  const busted = fills.filter(({ standing }) => standing === 'busted');
  return sum(busted.map(({ price, quantity }) => notional(price, quantity)));
};

/** A live order as its broker has to know it. */
export const workingOrder = (
  accountId: AccountId,
  order: OrderState,
  state: AccountState,
): WorkingOrder => ({
  ...routed(accountId, order, state.policy),
  brokerOrderId: order.brokerOrderId ?? (order.orderId as string as WorkingOrder['brokerOrderId']),
  // Shares that were taken back are not worked again.
  filledQuantity: add(order.filledQuantity, order.bustedQuantity),
  filledNotional: add(order.filledNotional, bustedNotional(state, order)),
  fillCount: order.fillCount,
  triggered: order.triggered,
  highWaterMark: order.highWaterMark,
  trailedStopPrice: order.trailedStopPrice,
});

/** The live orders of an account that its broker has accepted, as they stand. */
export const acceptedOrders = (
  accountId: AccountId,
  state: AccountState,
): readonly WorkingOrder[] =>
  [...state.liveOrders]
    .map((id) => state.orders.get(id))
    .filter((order) => order !== undefined)
    .filter((order) => order.brokerOrderId !== null)
    .map((order) => workingOrder(accountId, order, state));

/** Events between two saves of the checkpoint: it says how far routing is and fences a second router. */
const saveEvery = 200;
/** Requests that may wait for the broker before the log is read on. */
const underWayMax = 10_000;

/** What asks something of a broker. */
const requests: ReadonlySet<LedgerEvent['type']> = new Set([
  'OrderSubmitted',
  'OrderCancelRequested',
  'OrderReplaceRequested',
  'OrderAdjusted',
]);

/**
 * Takes accepted orders and requests to the broker, each account's in the order in which they were recorded: where
 * the broker is slow about one, the others go on. Every call may be repeated: the broker knows our order ids, so
 * sending again changes nothing.
 */
export const createOrderRouter = (ports: RouterPorts) => {
  const { store, ledger, checkpoints, broker, name, now } = ports;
  const checkpoint = `router:${name}`;
  const policies = new Map<AccountId, AccountPolicy>();

  /** An account's policy stays what it was opened with. */
  const policyOf = async (accountId: AccountId): Promise<AccountPolicy | null> => {
    const known = policies.get(accountId);
    if (known !== undefined) return known;
    const policy = await ledger.inspect(accountId, (state) => state.policy);
    if (policy !== null) policies.set(accountId, policy);
    return policy;
  };

  const worksFor = async (accountId: AccountId): Promise<boolean> =>
    (await policyOf(accountId))?.broker === name;

  const workingNow = (accountId: AccountId, orderId: OrderId): Promise<WorkingOrder | null> =>
    ledger.inspect(accountId, (state) => {
      const order = state.orders.get(orderId);
      const works = order !== undefined && isLive(order.status);
      return works ? workingOrder(accountId, order, state) : null;
    });

  const send = async (accountId: AccountId, event: LedgerEvent): Promise<void> => {
    switch (event.type) {
      case 'OrderSubmitted':
        return broker.submit(asAsked(accountId, event.orderId, event, await policyOf(accountId)));
      case 'OrderCancelRequested':
        return broker.cancel(accountId, event.orderId, event.requestedAt);
      case 'OrderReplaceRequested': {
        const { orderId, replacementId, requestedAt } = event;
        const asked = { ...event, submittedAt: requestedAt };
        const policy = await policyOf(accountId);
        return broker.replace(orderId, asAsked(accountId, replacementId, asked, policy));
      }
      case 'OrderAdjusted': {
        const working = await workingNow(accountId, event.orderId);
        return working === null ? undefined : broker.adjust(working);
      }
      default:
        return; // Nothing else asks anything of a broker.
    }
  };

  /** Requests whose answer a crash may have swallowed: the broker is asked, and told again where it does not know. */
  const settle = async (accountId: AccountId): Promise<void> => {
    if (!(await worksFor(accountId))) return;
    const policy = await policyOf(accountId);
    const orders = await ledger.inspect(accountId, (state) =>
      [...state.liveOrders]
        .map((id) => state.orders.get(id))
        .filter((order) => order !== undefined),
    );
    for (const order of orders) {
      const unanswered = order.brokerOrderId === null && !(await broker.knows(order.orderId));
      if (unanswered) await broker.submit(routed(accountId, order, policy));
      if (order.replacement !== null) {
        const asked = { ...order.replacement, submittedAt: now() };
        await broker.replace(order.orderId, asAsked(accountId, asked.orderId, asked, policy));
      }
      if (order.status === 'pending_cancel') await broker.cancel(accountId, order.orderId, now());
    }
  };

  /** Hands an event that asks something of the broker to its account's lane. */
  const handOn = async ({ stream, sequence, data }: RecordedEvent, lanes: Lanes): Promise<void> => {
    const accountId = requests.has(data.type) ? accountOf({ stream }) : null;
    if (accountId === null || !(await worksFor(accountId))) return;
    await lanes.room();
    lanes.run(accountId, sequence, () => send(accountId, data));
  };

  return {
    /**
     * Settles what a stop left unanswered, then routes everything after `from` until `signal` aborts.
     * `withLiveOrders` = the accounts with live orders at sequence `from`: settling them covers every
     * request up to there, so none is sent again and none forgotten, however far the checkpoint lags.
     */
    run: async (
      from: number,
      withLiveOrders: readonly AccountId[],
      signal: AbortSignal,
    ): Promise<void> => {
      for (const accountId of withLiveOrders) await settle(accountId);
      let saved = await checkpoints.load(checkpoint);
      const save = async (position: number): Promise<void> => {
        const moved =
          position === saved || (await checkpoints.advance(checkpoint, saved, position));
        if (!moved) throw new Error(`${checkpoint} was moved by another process`);
        saved = position;
      };
      await save(from);
      const failed = new AbortController();
      const lanes = createLanes(underWayMax, (error) => failed.abort(error));
      const until = AbortSignal.any([signal, failed.signal]);
      let handedOn = from;
      /** One save at a time, and no order waits for it. */
      let saving: Promise<void> | null = null;
      for await (const batch of store.subscribe({ after: from, signal: until })) {
        for (const event of batch) await handOn(event, lanes);
        handedOn = batch.at(-1)?.sequence ?? handedOn;
        const position = (lanes.oldest() ?? handedOn + 1) - 1;
        if (saving !== null || position - saved < saveEvery) continue;
        saving = save(position)
          .catch((error: unknown) => failed.abort(error))
          .finally(() => {
            saving = null;
          });
      }
      await saving;
      await lanes.drained();
      failed.signal.throwIfAborted();
      await save(handedOn);
    },
  };
};
