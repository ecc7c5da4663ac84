import type { Ledger } from '#commands/ledger.ts';
import type { SubmitOrder } from '#commands/orders/submit-order.ts';
import type { Quote, Quotes } from '#commands/ports/quotes.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import type { AccountId, Actor, ClientOrderId, OrderId, Symbol } from '#domain/ids.ts';
import { cash, price, quantity, ratio } from '#domain/money.ts';
import { instant } from '#domain/time.ts';
import { createUuids } from '#gateways/system/ids.ts';

export const actor = 'benchmark' as Actor;
export const at = instant('2014-11-03T15:00:00Z');
export const symbol = 'AAPL' as Symbol;
const ids = createUuids();

export const quote: Quote = {
  symbol,
  price: price('109'),
  bid: price('108.99'),
  ask: price('109.01'),
  at,
};
export const quotes: Quotes = { latest: (asked) => (asked === symbol ? quote : undefined) };

export const policy = (broker: AccountPolicy['broker']): AccountPolicy => ({
  kind: 'cash',
  currency: 'USD',
  commission: { kind: 'basis_points', rate: ratio('0.08') },
  limits: { positionNotional: null, leverage: null, orderNotional: null },
  settlementDays: 0,
  broker,
});

/** Opens funded accounts, 64 at a time. */
export const openAccounts = async (
  ledger: Ledger,
  count: number,
  broker: AccountPolicy['broker'] = 'none',
): Promise<readonly AccountId[]> => {
  const accounts = Array.from({ length: count }, () => ids.next() as AccountId);
  for (let from = 0; from < count; from += 64) {
    await Promise.all(
      accounts.slice(from, from + 64).map(async (accountId, index) => {
        const meta = { accountId, actor, key: null };
        await ledger.handle(meta, {
          type: 'OpenAccount',
          accountId,
          accountNumber: `BENCH-${from + index}-${accountId}`,
          userId: null,
          policy: policy(broker),
          at,
        });
        await ledger.handle(meta, {
          type: 'DepositCash',
          amount: cash('1000000000000'),
          description: 'funding',
          externalReference: null,
          at,
        });
      }),
    );
  }
  return accounts;
};

/** A buy limit order for one share. */
export const buyOne = (): SubmitOrder => {
  const orderId = ids.next() as OrderId;
  return {
    type: 'SubmitOrder',
    orderId,
    clientOrderId: orderId as string as ClientOrderId,
    terms: {
      symbol,
      side: 'buy',
      type: 'limit',
      timeInForce: 'day',
      quantity: quantity('1'),
      notional: null,
      limitPrice: price('109.5'),
      stopPrice: null,
      trailAmount: null,
      trailPercent: null,
    },
    at,
  };
};
