import type { AccountId, ExecutionId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { notional } from '#domain/money.ts';
import type {
  Execution,
  FillBusted,
  FillCorrected,
  FillDisputed,
  OrderFilled,
} from '#domain/order/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { accountOf } from '../keys.ts';
import type { Tables } from '../tables.ts';
import type { FillRecord } from './table.ts';

type FillEvent = OrderFilled | FillDisputed | FillBusted | FillCorrected;

const rowOf = (event: RecordedEvent, fill: Execution): FillRecord => ({
  fillId: event.id,
  accountId: accountOf(event.stream),
  orderId: fill.orderId,
  executionId: fill.executionId,
  symbol: fill.symbol,
  side: fill.side,
  status: 'booked',
  quantity: fill.quantity,
  price: fill.price,
  value: notional(fill.price, fill.quantity),
  commission: fill.commission,
  liquidity: fill.liquidity,
  venue: fill.venue,
  disputedBecause: null,
  previousQuantity: null,
  previousPrice: null,
  previousCommission: null,
  restatedReason: null,
  restatedAt: null,
  executedAt: fill.executedAt,
  settlesAt: null,
  createdSequence: event.sequence,
  sequence: event.sequence,
});

const known = (tables: Tables, account: AccountId, execution: ExecutionId): FillRecord => {
  const row = tables.orderFills.get(`${account}/${execution}`);
  invariant(row !== undefined, `execution ${execution} was booked before it was restated`);
  return row;
};

/** Keeps every execution, also those taken back or never booked. */
export const projectFill = (event: RecordedEvent<FillEvent>, tables: Tables): void => {
  const { data, sequence } = event;
  switch (data.type) {
    case 'OrderFilled':
      tables.orderFills.put({ ...rowOf(event, data), settlesAt: data.settlesAt });
      return;
    case 'FillDisputed':
      tables.orderFills.put({
        ...rowOf(event, data),
        status: 'disputed',
        disputedBecause: data.because,
      });
      return;
    case 'FillBusted':
      tables.orderFills.put({
        ...known(tables, accountOf(event.stream), data.executionId),
        status: 'busted',
        restatedReason: data.reason,
        restatedAt: data.bustedAt,
        sequence,
      });
      return;
    case 'FillCorrected': {
      const before = known(tables, accountOf(event.stream), data.executionId);
      tables.orderFills.put({
        ...rowOf(event, data),
        fillId: before.fillId,
        status: 'corrected',
        previousQuantity: data.previousQuantity,
        previousPrice: data.previousPrice,
        previousCommission: data.previousCommission,
        restatedReason: data.reason,
        restatedAt: data.correctedAt,
        settlesAt: before.settlesAt,
        createdSequence: before.createdSequence,
        sequence,
      });
    }
  }
};
