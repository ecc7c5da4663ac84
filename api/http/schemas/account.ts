import { z } from 'zod';
import type { AccountPolicy, CommissionSchedule } from '#domain/account/policy.ts';
import { cash as cashOf, ratio as ratioOf, zeroCash } from '#domain/money.ts';
import { maybe, oneOf, otherwise, text, wholeNumber } from './field.ts';
import { cash, price, ratio } from './money.ts';
import { accountId, accountNumber } from './names.ts';

/** The commission that an account has where nobody says otherwise: 0.08 basis points of the notional. */
const standardCommission: CommissionSchedule = { kind: 'basis_points', rate: ratioOf('0.08') };

const kind = <Word extends string>(word: Word) => z.literal(word);

const commission: z.ZodType<CommissionSchedule> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: kind('basis_points'), rate: ratio('not_negative') }),
  z.strictObject({
    kind: kind('per_share'),
    rate: price('not_negative'),
    minimum: otherwise(cash('not_negative'), zeroCash),
  }),
  z.strictObject({ kind: kind('fixed'), amount: cash('not_negative') }),
]);

const limits = z.strictObject({
  position_notional: maybe(cash()),
  leverage: maybe(ratio()),
  order_notional: maybe(cash()),
});

/** A new account. What is left out: a cash account on the paper broker, 0.08 basis points, settled after one day. */
export const openAccountBody = z
  .strictObject({
    account_id: maybe(accountId),
    account_number: maybe(accountNumber),
    user_id: maybe(text(1, 64)),
    account_type: otherwise(oneOf(['cash', 'margin']), 'cash'),
    currency: otherwise(oneOf(['usd']), 'usd'),
    commission: otherwise(commission, standardCommission),
    limits: limits.nullish(),
    settlement_days: otherwise(wholeNumber(0, 10), 1),
    broker: otherwise(oneOf(['paper', 'none']), 'paper'),
  })
  .transform((body) => {
    const policy: AccountPolicy = {
      kind: body.account_type,
      currency: 'USD',
      commission: body.commission,
      limits: {
        positionNotional: body.limits?.position_notional ?? null,
        leverage: body.limits?.leverage ?? null,
        orderNotional: body.limits?.order_notional ?? null,
      },
      settlementDays: body.settlement_days,
      broker: body.broker,
    };
    return {
      accountId: body.account_id,
      accountNumber: body.account_number,
      userId: body.user_id,
      policy,
    };
  });

const noLimits = { positionNotional: null, leverage: null, orderNotional: null };

/** USD. */
const paperMoneyMax = 10_000_000n;

/** A user's own paper account: on margin what was sold can be spent at once, in a cash account after one day. */
export const ownAccountBody = z
  .strictObject({
    account_number: maybe(accountNumber),
    kind: otherwise(oneOf(['cash', 'margin']), 'margin'),
    initial_deposit: otherwise(cash('not_negative', paperMoneyMax), cashOf('100000')),
  })
  .transform((body) => {
    const policy: AccountPolicy = {
      kind: body.kind,
      currency: 'USD',
      commission: standardCommission,
      limits: noLimits,
      settlementDays: body.kind === 'cash' ? 1 : 0,
      broker: 'paper',
    };
    return {
      accountNumber: body.account_number,
      policy,
      initialDeposit: body.initial_deposit,
    };
  });

export const standingBody = z.strictObject({ reason: text(1, 500) });
