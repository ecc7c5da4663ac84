import type { AccountId } from '#domain/ids.ts';
import type {
  Execution,
  FillBusted,
  FillCorrected,
  FillDisputed,
  OrderFilled,
} from '#domain/order/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import type { Contradiction } from './contradiction.ts';
import type { Trade } from './naive-positions.ts';

/** An execution as it stands. */
export type NaiveExecution = {
  readonly accountId: AccountId;
  readonly fillId: string;
  readonly execution: Execution;
  readonly status: 'booked' | 'corrected' | 'busted' | 'disputed';
  readonly disputedBecause: string | null;
  readonly previous: Pick<
    FillCorrected,
    'previousQuantity' | 'previousPrice' | 'previousCommission'
  > | null;
  readonly restatedReason: string | null;
  readonly restatedAt: Instant | null;
  readonly settlesAt: Instant | null;
  readonly createdSequence: number;
  readonly sequence: number;
};

export type FillEvent = OrderFilled | FillDisputed | FillBusted | FillCorrected;

const bare = ({
  executionId,
  orderId,
  symbol,
  side,
  quantity,
  price,
  commission,
  liquidity,
  venue,
  executedAt,
}: Execution): Execution => ({
  executionId,
  orderId,
  symbol,
  side,
  quantity,
  price,
  commission,
  liquidity,
  venue,
  executedAt,
});

/** What an event leaves of the execution that it speaks of. */
export const executionAfter = (
  accountId: AccountId,
  { id, sequence }: Pick<RecordedEvent, 'id' | 'sequence'>,
  event: FillEvent,
  before: NaiveExecution | undefined,
): NaiveExecution => {
  const first = {
    accountId,
    fillId: id,
    execution: bare(event),
    disputedBecause: null,
    previous: null,
    restatedReason: null,
    restatedAt: null,
    settlesAt: null,
    createdSequence: sequence,
    sequence,
  };
  switch (event.type) {
    case 'OrderFilled':
      return { ...first, status: 'booked', settlesAt: event.settlesAt };
    case 'FillDisputed':
      return { ...first, status: 'disputed', disputedBecause: event.because };
    case 'FillBusted': {
      const { reason: restatedReason, bustedAt: restatedAt } = event;
      return { ...(before ?? first), status: 'busted', restatedReason, restatedAt, sequence };
    }
    case 'FillCorrected': {
      const { reason: restatedReason, correctedAt: restatedAt } = event;
      const { fillId, settlesAt, createdSequence } = before ?? first;
      const { previousQuantity, previousPrice, previousCommission } = event;
      const previous = { previousQuantity, previousPrice, previousCommission };
      const kept = { fillId, settlesAt, createdSequence, previous };
      return { ...first, ...kept, status: 'corrected', restatedReason, restatedAt };
    }
  }
};

/** The execution as a holding sees it. */
export const tradeOf = ({ execution, fillId, createdSequence }: NaiveExecution): Trade => {
  const { executionId, side, quantity, price, commission, executedAt: at } = execution;
  const about = { id: fillId, executionId, sequence: createdSequence, at };
  return { kind: 'trade', ...about, buys: side === 'buy', quantity, price, commission };
};

/** What a bust or correction undoes has to be what was booked. */
export const undoes = (
  event: FillBusted | FillCorrected,
  before: NaiveExecution | undefined,
): Contradiction | null => {
  const undone =
    event.type === 'FillBusted'
      ? [event.quantity, event.price, event.commission]
      : [event.previousQuantity, event.previousPrice, event.previousCommission];
  const stands = before?.status === 'booked' || before?.status === 'corrected';
  const { quantity, price, commission } = before?.execution ?? {};
  const booked = stands ? [quantity, price, commission] : ['nothing'];
  const isSame = before?.execution.symbol === event.symbol && before.execution.side === event.side;
  if (undone.join() === booked.join() && isSame) return null;
  const { executionId, side, symbol } = event;
  const message = `Execution ${executionId} does not stand in the books as this event undoes it.`;
  return {
    expected: [before?.execution.side, before?.execution.symbol, ...booked].join(' '),
    actual: [side, symbol, ...undone].join(' '),
    message,
  };
};
