import { reconcile } from '#audit/reconcile/compare.ts';
import type { StatementScope } from '#audit/reconcile/context.ts';
import { readBooks } from '#audit/reconcile/read-books.ts';
import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import type { Quotes } from '#commands/ports/quotes.ts';
import { createReconciliations } from '#commands/reconciliation/reconciliations.ts';
import type { Actor, BreakId, ExecutionId } from '#domain/ids.ts';
import { type Cash, negate } from '#domain/money.ts';
import type { Execution } from '#domain/order/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { instant } from '#domain/time.ts';
import { snapshotOf } from '../audit/as-of-world.ts';
import { accountOne } from './makers.ts';
import { ledgerOn, memoryStore, wholeLog } from './memory-ledger.ts';

const end = instant('2040-01-01T00:00:00Z');
const operator = 'operator' as Actor;

type Line = StatementLine extends infer One
  ? One extends unknown
    ? Omit<One, 'row'>
    : never
  : never;

const tradeOf = (fill: Execution): Line => ({
  kind: 'trade',
  reference: fill.executionId,
  description: '',
  symbol: fill.symbol,
  side: fill.side,
  quantity: fill.quantity,
  price: fill.price,
  commission: fill.commission,
  at: fill.executedAt,
});

const cashOf = (
  event: RecordedEvent,
  category: Extract<StatementLine, { kind: 'cash' }>['category'],
  amount: Cash,
): Line => ({
  kind: 'cash',
  reference: `bank ${event.sequence}`,
  description: '',
  category,
  amount,
  at: event.effectiveAt,
});

/** The row of a movement of cash; undefined where the event is none. */
const moneyLineOf = (event: RecordedEvent): Line | undefined => {
  const { data } = event;
  switch (data.type) {
    case 'CashDeposited':
      return cashOf(event, 'deposit', data.amount);
    case 'CashWithdrawn':
      return cashOf(event, 'withdrawal', negate(data.amount));
    case 'FeeCharged':
      return cashOf(event, 'fee', negate(data.amount));
    case 'InterestPaid':
      return cashOf(event, 'interest', data.amount);
    case 'CashAdjusted':
      return cashOf(event, 'adjustment', data.amount);
    case 'StockSplit':
      return data.cashInLieu === 0n ? undefined : cashOf(event, 'adjustment', data.cashInLieu);
    case 'DividendPaid': {
      const { symbol, amount, quantity, perShare, at } = data;
      const reference = `dividend ${event.sequence}`;
      return {
        kind: 'dividend',
        reference,
        description: '',
        symbol,
        amount,
        quantity,
        perShare,
        at,
      };
    }
    default:
      return undefined;
  }
};

/** What an honest broker would say of what is in the log: written apart from the code that reads it. */
const linesOf = (log: readonly RecordedEvent[]): readonly Line[] => {
  const trades = new Map<ExecutionId, Line>();
  const others: Line[] = [];
  for (const event of log) {
    const { data } = event;
    if (data.type === 'OrderFilled' || data.type === 'FillCorrected') {
      trades.set(data.executionId, tradeOf(data));
    }
    if (data.type === 'FillBusted') trades.delete(data.executionId);
    if (data.type === 'StockSplit') {
      const { symbol, newShares, oldShares, at } = data;
      const reference = `split ${event.sequence}`;
      others.push({ kind: 'split', reference, description: '', symbol, newShares, oldShares, at });
    }
    const money = moneyLineOf(event);
    if (money !== undefined) others.push(money);
  }
  return [...trades.values(), ...others];
};

/** A ledger in memory, honest statements of its first account, and the way from them to breaks and back. */
export const reconcilingWorld = (quotes?: Quotes) => {
  const store = memoryStore();
  const ledger = ledgerOn(quotes === undefined ? { store } : { store, quotes });
  let made = 0;
  const ids = {
    next: (): string => {
      made += 1;
      return `00000000-0000-4000-b000-${made.toString(16).padStart(12, '0')}`;
    },
  };
  const reconciliations = createReconciliations({ store, ledger, ids });

  const statement = async (): Promise<BrokerStatement> => {
    const lines = linesOf(await wholeLog(store)).map(
      (line, index) => ({ ...line, row: index + 1 }) as StatementLine,
    );
    const { cash, positions } = await ledger.inspect(accountOne, (state) => ({
      cash: state.cash,
      positions: [...state.holdings]
        .filter(([, { quantity }]) => quantity !== 0n)
        .map(([symbol, { quantity }]) => ({ symbol, quantity })),
    }));
    const from = instant('2000-01-01T00:00:00Z');
    return { source: 'honest', lines, positions, cash, from, to: end, problems: [] };
  };

  const compare = async (against: BrokerStatement, scope: StatementScope = 'everything') => {
    const { log } = snapshotOf(await wholeLog(store));
    return reconcile(against, await readBooks(log, accountOne, against, 5), scope);
  };

  const at = instant('2014-02-03T16:00:00Z');
  const record = async (against: BrokerStatement, scope: StatementScope = 'everything') => {
    const { counts: _, balances: __, ...found } = await compare(against, scope);
    return reconciliations.record(operator, { ...found, at });
  };
  const approve = (breakId: BreakId, actor = operator) =>
    reconciliations.approve({ accountId: accountOne, breakId, actor, at });
  const dismiss = (breakId: BreakId, reason: string) =>
    reconciliations.dismiss({ accountId: accountOne, breakId, actor: operator, at, reason });

  return { store, ledger, reconciliations, statement, compare, record, approve, dismiss };
};
export type ReconcilingWorld = ReturnType<typeof reconcilingWorld>;
