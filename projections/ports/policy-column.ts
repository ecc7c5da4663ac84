import type { AccountPolicy, CommissionSchedule } from '#domain/account/policy.ts';
import { invariant } from '#domain/invariant.ts';
import {
  asObject,
  type Column,
  cash,
  integer,
  nullable,
  price,
  ratio,
  record,
  text,
} from './columns.ts';

const schedules = {
  basis_points: record({ kind: text<'basis_points'>(), rate: ratio }),
  per_share: record({ kind: text<'per_share'>(), rate: price, minimum: cash }),
  fixed: record({ kind: text<'fixed'>(), amount: cash }),
} as const;

const schedule: Column<CommissionSchedule> = {
  encode: (value) => schedules[value.kind].encode(value as never),
  decode: (stored) => {
    const { kind } = asObject(stored);
    invariant(typeof kind === 'string' && kind in schedules, `a commission schedule: ${kind}`);
    return schedules[kind as CommissionSchedule['kind']].decode(stored);
  },
};

/** An account's policy as jsonb. */
export const policy: Column<AccountPolicy> = record({
  kind: text<AccountPolicy['kind']>(),
  currency: text<'USD'>(),
  commission: schedule,
  limits: record({
    positionNotional: nullable(cash),
    leverage: nullable(ratio),
    orderNotional: nullable(cash),
  }),
  settlementDays: integer,
  broker: text<AccountPolicy['broker']>(),
});
