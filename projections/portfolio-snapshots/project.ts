import type { SessionClosed } from '#domain/market/events.ts';
import type { Cash } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { AccountRecord } from '../accounts/table.ts';
import { marketValue } from '../positions/value.ts';
import type { Tables } from '../tables.ts';

const pointOf = (
  { data, sequence }: RecordedEvent<SessionClosed>,
  account: AccountRecord,
  tables: Tables,
) => {
  let value = 0n;
  let unrealized = 0n;
  for (const position of tables.positions.group(account.accountId)) {
    const worth = marketValue(position, tables.marketDataCache.get(position.symbol));
    value += worth;
    unrealized += worth - position.cost;
  }
  const equity = account.cash + value;
  const deposited = account.netDeposits - account.lastSessionNetDeposits;
  return {
    accountId: account.accountId,
    session: data.session,
    at: data.closedAt,
    cash: account.cash,
    positionsValue: value as Cash,
    equity: equity as Cash,
    netDeposits: account.netDeposits,
    realizedPnl: account.realizedPnl,
    unrealizedPnl: unrealized as Cash,
    commission: account.commission,
    dayChange: (equity - account.lastSessionEquity - deposited) as Cash,
    sequence,
  };
};

/** One point of every open account's equity history, at the marks known by now. */
export const projectSessionClose = (event: RecordedEvent<SessionClosed>, tables: Tables): void => {
  for (const account of [...tables.accounts.values()]) {
    if (account.status === 'closed') continue;
    const point = pointOf(event, account, tables);
    tables.portfolioSnapshots.put(point);
    tables.accounts.put({
      ...account,
      lastSession: event.data.session,
      lastSessionEquity: point.equity,
      lastSessionNetDeposits: point.netDeposits,
    });
  }
};
