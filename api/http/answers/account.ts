import { z } from 'zod';
import type { AccountOpened } from '#domain/account/events.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import { type Cash, formatCash, formatPrice, formatRatio } from '#domain/money.ts';
import { unreachable } from '#domain/unreachable.ts';
import { roles } from '#identity/scopes.ts';
import type { AccountRow } from '#projections/ports/queries.ts';
import { decimal, id, ifAny, instant, sequence } from './form.ts';

const commission = z.union([
  z.strictObject({ kind: z.literal('basis_points'), rate: decimal }),
  z.strictObject({ kind: z.literal('per_share'), rate: decimal, minimum: decimal }),
  z.strictObject({ kind: z.literal('fixed'), amount: decimal }),
]);

const terms = {
  account_id: id,
  account_number: z.string(),
  user_id: z.string().nullable(),
  account_type: z.enum(['cash', 'margin']),
  currency: z.literal('USD'),
  commission_schedule: commission,
  limits: z.strictObject({
    position_notional: decimal.nullable(),
    leverage: decimal.nullable(),
    order_notional: decimal.nullable(),
  }),
  settlement_days: z.int(),
  broker: z.enum(['paper', 'none']),
  status: z.enum(['active', 'suspended', 'closed']),
  opened_at: instant,
  sequence,
};

export const openedAnswer = z.strictObject(terms);

const figures = {
  status_reason: z.string().nullable(),
  cash: decimal,
  unsettled: decimal,
  reserved: decimal,
  buying_power: decimal,
  positions_value: decimal,
  long_market_value: decimal,
  short_market_value: decimal,
  equity: decimal,
  portfolio_value: decimal.describe('The same as equity.'),
  margin_used: decimal,
  maintenance_margin: decimal,
  net_deposits: decimal,
  realized_pnl: decimal,
  unrealized_pnl: decimal,
  commission: decimal,
  dividends: decimal,
  interest: decimal,
  fees: decimal,
  closed_at: instant.nullable(),
  last_activity_at: instant,
};

export const accountAnswer = z.strictObject({ ...terms, ...figures }).meta({ id: 'Account' });

const role = z.enum(roles).describe("The caller's role in the account.");

/** An account of the caller's that has just been opened. */
export const ownOpenedAnswer = z.strictObject({ ...terms, role, initial_deposit: decimal });

/** An account that the caller is a member of. */
export const ownAccountAnswer = z
  .strictObject({ ...terms, ...figures, role })
  .meta({ id: 'OwnAccount' });

const commissionJson = (policy: AccountPolicy): z.infer<typeof commission> => {
  const schedule = policy.commission;
  switch (schedule.kind) {
    case 'basis_points':
      return { kind: schedule.kind, rate: formatRatio(schedule.rate) };
    case 'per_share': {
      const { kind, rate, minimum } = schedule;
      return { kind, rate: formatPrice(rate), minimum: formatCash(minimum) };
    }
    case 'fixed':
      return { kind: schedule.kind, amount: formatCash(schedule.amount) };
    default:
      return unreachable(schedule);
  }
};

type Opened = Omit<AccountOpened, 'type'> & {
  readonly status: AccountRow['status'];
  readonly sequence: number;
};

/** An account that has just been opened, or the part of any account that never changes. */
export const openedJson = (account: Opened): z.infer<typeof openedAnswer> => {
  const { policy } = account;
  return {
    account_id: account.accountId,
    account_number: account.accountNumber,
    user_id: account.userId,
    account_type: policy.kind,
    currency: policy.currency,
    commission_schedule: commissionJson(policy),
    limits: {
      position_notional: ifAny<Cash, string>(policy.limits.positionNotional, formatCash),
      leverage: ifAny(policy.limits.leverage, formatRatio),
      order_notional: ifAny<Cash, string>(policy.limits.orderNotional, formatCash),
    },
    settlement_days: policy.settlementDays,
    broker: policy.broker,
    status: account.status,
    opened_at: account.openedAt,
    sequence: account.sequence,
  };
};

/** An account as it is told, with its figures at the latest marks. */
export const accountJson = (row: AccountRow): z.infer<typeof accountAnswer> => ({
  ...openedJson(row),
  status_reason: row.statusReason,
  cash: formatCash(row.cash),
  unsettled: formatCash(row.unsettled),
  reserved: formatCash(row.reserved),
  buying_power: formatCash(row.buyingPower),
  positions_value: formatCash(row.positionsValue),
  long_market_value: formatCash(row.longMarketValue),
  short_market_value: formatCash(row.shortMarketValue),
  equity: formatCash(row.equity),
  portfolio_value: formatCash(row.equity),
  margin_used: formatCash(row.marginUsed),
  maintenance_margin: formatCash(row.maintenanceMargin),
  net_deposits: formatCash(row.netDeposits),
  realized_pnl: formatCash(row.realizedPnl),
  unrealized_pnl: formatCash(row.unrealizedPnl),
  commission: formatCash(row.commission),
  dividends: formatCash(row.dividends),
  interest: formatCash(row.interest),
  fees: formatCash(row.fees),
  closed_at: row.closedAt,
  last_activity_at: row.lastActivityAt,
});
