import type { Ledger } from '#commands/ledger.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import type { AccountId, Actor } from '#domain/ids.ts';
import { cash, ratio } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';

/** Paper money to begin with; the first administrator owns it. */
export const paperAccountId = '00000000-0000-7000-8000-000000000001' as AccountId;
/** Holds a real-price run's history. */
export const demoAccountId = '00000000-0000-7000-8000-000000000002' as AccountId;

/** What the first administrator owns from the beginning. */
export const accountsOfFirstAdmin = (demo: boolean): readonly AccountId[] =>
  demo ? [paperAccountId, demoAccountId] : [paperAccountId];

/** 0.08 basis points of the notional, the replaced system's advertised rate. */
export const defaultCommission: AccountPolicy['commission'] = {
  kind: 'basis_points',
  rate: ratio('0.08'),
};

const paperPolicy: AccountPolicy = {
  kind: 'margin',
  currency: 'USD',
  commission: defaultCommission,
  limits: { positionNotional: null, leverage: null, orderNotional: null },
  settlementDays: 0,
  broker: 'paper',
};

/** Opens the paper account and gives it 100,000 USD, once however often it is asked. */
export const openPaperAccount = async (
  ledger: Ledger,
  actor: Actor,
  at: Instant,
): Promise<void> => {
  const meta = { accountId: paperAccountId, actor };
  await ledger.handle(
    { ...meta, key: 'first-start:open' },
    {
      type: 'OpenAccount',
      accountId: paperAccountId,
      accountNumber: 'PAPER-1',
      userId: null,
      policy: paperPolicy,
      at,
    },
  );
  await ledger.handle(
    { ...meta, key: 'first-start:deposit' },
    {
      type: 'DepositCash',
      amount: cash('100000'),
      description: 'Paper money to begin with',
      externalReference: null,
      at,
    },
  );
};
