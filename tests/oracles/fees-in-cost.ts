import type { Symbol as Ticker } from '#domain/ids.ts';
import {
  absolute,
  add,
  type Cash,
  divide,
  proportion,
  type Quantity,
  zeroCash,
} from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';

type Pool = { readonly quantity: Quantity; readonly fees: Cash; readonly pending: Cash };

/** In units of a price: nine decimals. */
const cent = 10n ** 7n;

const empty: Pool = { quantity: 0n as Quantity, fees: zeroCash, pending: zeroCash };

/**
 * The ledger keeps commission out of the cost. Others put it in; these are the fees that they would have in the cost of
 * what is still held, from our own fills and splits:
 * `entries`: fees of opening fills (UK pooling: those of disposals reduce the gain).
 * `all_at_close`: fees of every fill, added when the session has closed (zipline: a commission raises the basis of
 * whatever is held after the day's fills). zipline also rounds the basis to cents at a split; what that adds or takes
 * stays in this pool. `costOf` tells the ledger's own signed cost.
 */
export const createFeesInCost = (
  rule: 'entries' | 'all_at_close',
  costOf: (symbol: Ticker) => Cash,
) => {
  const pools = new Map<Ticker, Pool>();

  const trade = (symbol: Ticker, signed: Quantity, commission: Cash): void => {
    const { quantity, fees, pending } = pools.get(symbol) ?? empty;
    const after = add(quantity, signed);
    const opens = quantity === 0n || quantity > 0n === signed > 0n;
    const flipped = !opens && after !== 0n && after > 0n !== quantity > 0n;
    let kept = fees;
    if (!opens) {
      kept =
        after === 0n || flipped ? zeroCash : proportion(fees, absolute(after), absolute(quantity));
    }
    pools.set(
      symbol,
      rule === 'all_at_close'
        ? { quantity: after, fees: kept, pending: add(pending, commission) }
        : { quantity: after, fees: opens ? add(kept, commission) : kept, pending },
    );
  };

  const split = (symbol: Ticker, quantity: Quantity): void => {
    const pool = pools.get(symbol) ?? empty;
    if (rule === 'entries' || quantity === 0n) {
      pools.set(symbol, { ...pool, quantity });
      return;
    }
    const cost = costOf(symbol);
    const cents = divide(cost + pool.fees, quantity * cent);
    pools.set(symbol, { ...pool, quantity, fees: (cents * cent * quantity - cost) as Cash });
  };

  const close = (): void => {
    for (const [symbol, { quantity, fees, pending }] of pools) {
      const taken = quantity === 0n ? zeroCash : add(fees, pending);
      pools.set(symbol, { quantity, fees: taken, pending: zeroCash });
    }
  };

  return {
    see: ({ data }: RecordedEvent): void => {
      if (data.type === 'OrderFilled') {
        const signed = data.side === 'buy' ? data.quantity : (-data.quantity as Quantity);
        trade(data.symbol, signed, data.commission);
      } else if (data.type === 'StockSplit') {
        split(data.symbol, data.quantityAfter);
      } else if (data.type === 'SessionClosed') {
        close();
      }
    },
    feesOf: (symbol: Ticker): Cash => pools.get(symbol)?.fees ?? zeroCash,
  };
};

export type FeesInCost = ReturnType<typeof createFeesInCost>;
