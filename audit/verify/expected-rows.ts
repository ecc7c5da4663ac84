import type { AccountPolicy, CommissionSchedule } from '#domain/account/policy.ts';
import { formatRatio, type Ratio } from '#domain/money.ts';
import type { OrderTerms, Reservation } from '#domain/order/terms.ts';
import { cash, ifAny, price, shares } from './cell-texts.ts';
import { canonical, type ExpectedRow } from './cells.ts';
import { bookOf, type NaiveAccount, realizedOf, reservedOf } from './naive-accounts.ts';
import type { NaiveExecution } from './naive-executions.ts';
import type { Line } from './naive-moves.ts';
import { keptAside, type NaiveOrder, statusOf } from './naive-orders.ts';

const ratio = (value: bigint): string => formatRatio(value as Ratio);

const scheduleJson = (schedule: CommissionSchedule) => {
  switch (schedule.kind) {
    case 'basis_points':
      return { kind: schedule.kind, rate: ratio(schedule.rate) };
    case 'per_share':
      return {
        kind: schedule.kind,
        rate: price(schedule.rate),
        minimum: cash(schedule.minimum),
      };
    case 'fixed':
      return { kind: schedule.kind, amount: cash(schedule.amount) };
  }
};

export const policyJson = ({ limits, commission, ...policy }: AccountPolicy): string =>
  canonical({
    ...policy,
    commission: scheduleJson(commission),
    limits: {
      positionNotional: ifAny(limits.positionNotional, cash),
      leverage: ifAny(limits.leverage, ratio),
      orderNotional: ifAny(limits.orderNotional, cash),
    },
  });

export const termsJson = (terms: OrderTerms) => ({
  symbol: terms.symbol,
  side: terms.side,
  type: terms.type,
  timeInForce: terms.timeInForce,
  quantity: ifAny(terms.quantity, shares),
  notional: ifAny(terms.notional, cash),
  limitPrice: ifAny(terms.limitPrice, price),
  stopPrice: ifAny(terms.stopPrice, price),
  trailAmount: ifAny(terms.trailAmount, price),
  trailPercent: ifAny(terms.trailPercent, ratio),
});

export const reservationJson = ({ closing, opening, cashPerShare, fixedCash }: Reservation) => ({
  closing: shares(closing),
  opening: shares(opening),
  cashPerShare: price(cashPerShare),
  fixedCash: cash(fixedCash),
});

/** As Postgres writes it: mostly the two are compared as they are. */
const reservationText = (reservation: Reservation): string => {
  const { closing, opening, cashPerShare, fixedCash } = reservationJson(reservation);
  return `{"closing": "${closing}", "opening": "${opening}", "fixedCash": "${fixedCash}", "cashPerShare": "${cashPerShare}"}`;
};

/** What `accounts` has to say of an account. */
export const accountCells = (account: NaiveAccount): ExpectedRow => {
  const { opened, lastSession } = account;
  return {
    account_id: account.id,
    account_number: opened?.accountNumber ?? null,
    user_id: opened?.userId ?? null,
    policy: ifAny(opened?.policy, policyJson),
    status: account.status,
    status_reason: account.statusReason,
    cash: cash(bookOf(account, 'account USD')),
    reserved: cash(reservedOf(account)),
    net_deposits: cash(-bookOf(account, 'external USD')),
    realized_pnl: cash(realizedOf(account)),
    commission: cash(bookOf(account, 'commission USD')),
    dividends: cash(-bookOf(account, 'dividends USD')),
    interest: cash(-bookOf(account, 'interest USD')),
    fees: cash(bookOf(account, 'fees USD')),
    opened_at: opened?.openedAt ?? null,
    closed_at: account.closedAt,
    last_activity_at: account.lastActivityAt,
    last_session: lastSession?.session ?? null,
    last_session_equity: cash(lastSession?.equity ?? 0n),
    last_session_net_deposits: cash(lastSession?.netDeposits ?? 0n),
    created_sequence: ifAny(opened?.sequence, String),
    sequence: String(account.sequence),
  };
};

export const orderCells = (order: NaiveOrder): ExpectedRow => {
  const kept = keptAside(order);
  const { terms, times } = order;
  return {
    order_id: order.orderId,
    account_id: order.accountId,
    client_order_id: order.clientOrderId,
    broker_order_id: order.brokerOrderId,
    symbol: terms.symbol,
    side: terms.side,
    type: terms.type,
    time_in_force: terms.timeInForce,
    quantity: ifAny(terms.quantity, shares),
    notional: ifAny(terms.notional, cash),
    limit_price: ifAny(terms.limitPrice, price),
    stop_price: ifAny(terms.stopPrice, price),
    trail_amount: ifAny(terms.trailAmount, price),
    trail_percent: ifAny(terms.trailPercent, ratio),
    triggered: String(order.triggered),
    high_water_mark: ifAny(order.highWaterMark, price),
    trailed_stop_price: ifAny(order.trailedStopPrice, price),
    status: statusOf(order),
    filled_quantity: shares(order.filled),
    filled_value: cash(order.filledValue),
    busted_quantity: shares(order.busted),
    fill_count: String(order.fills),
    commission: cash(order.commission),
    reference_price: ifAny(order.referencePrice, price),
    reservation: reservationText(order.reservation),
    replacement: ifAny(order.replacement, (next) =>
      canonical({
        ...next,
        terms: termsJson(next.terms),
        reservation: reservationJson(next.reservation),
      }),
    ),
    // A refused order never kept anything, yet it has a row.
    reserved_cash: cash(kept.cash),
    reserved_quantity: shares(kept.shares),
    replaces: order.replaces,
    replaced_by: order.replacedBy,
    reason: order.reason,
    refusal: ifAny(order.refusal, ({ details }) => canonical(details)),
    submitted_at: order.submittedAt,
    accepted_at: times.accepted ?? null,
    triggered_at: times.triggered ?? null,
    replace_requested_at: times.replaceRequested ?? null,
    replaced_at: times.replaced ?? null,
    cancel_requested_at: times.cancelRequested ?? null,
    canceled_at: times.canceled ?? null,
    filled_at: times.filled ?? null,
    expired_at: times.expired ?? null,
    rejected_at: times.rejected ?? null,
    updated_at: order.updatedAt,
    created_sequence: String(order.createdSequence),
    sequence: String(order.sequence),
  };
};

export const fillCells = (fill: NaiveExecution): ExpectedRow => {
  const { execution, previous } = fill;
  return {
    fill_id: fill.fillId,
    account_id: fill.accountId,
    order_id: execution.orderId,
    execution_id: execution.executionId,
    symbol: execution.symbol,
    side: execution.side,
    status: fill.status,
    quantity: shares(execution.quantity),
    price: price(execution.price),
    value: cash(execution.price * execution.quantity),
    commission: cash(execution.commission),
    liquidity: execution.liquidity,
    venue: execution.venue,
    disputed_because: fill.disputedBecause,
    previous_quantity: ifAny(previous?.previousQuantity, shares),
    previous_price: ifAny(previous?.previousPrice, price),
    previous_commission: ifAny(previous?.previousCommission, cash),
    restated_reason: fill.restatedReason,
    restated_at: fill.restatedAt,
    executed_at: execution.executedAt,
    settles_at: fill.settlesAt,
    created_sequence: String(fill.createdSequence),
    sequence: String(fill.sequence),
  };
};

export const transactionCells = (
  accountId: string,
  event: { readonly id: string; readonly sequence: number },
  line: Line,
  number: number,
): ExpectedRow => ({
  account_id: accountId,
  type: line.type,
  amount: cash(line.amount),
  order_id: line.orderId ?? null,
  execution_id: line.executionId ?? null,
  symbol: line.symbol ?? null,
  quantity: ifAny(line.quantity, shares),
  price: ifAny(line.price, price),
  description: line.description,
  external_reference: line.externalReference ?? null,
  transaction_date: line.at,
  settles_at: line.settlesAt ?? null,
  event_id: event.id,
  line: String(number),
  sequence: String(event.sequence),
});
