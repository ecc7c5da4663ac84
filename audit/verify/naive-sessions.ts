import type { MarketEvent, SessionClosed } from '#domain/market/events.ts';
import { bookOf, type NaiveAccount, realizedOf } from './naive-accounts.ts';
import type { NaiveBooks } from './naive-books.ts';
import { quoteAfter, worthOf } from './naive-market.ts';
import { waitToBeShown } from './waiting-marks.ts';

const closeSession = (
  { quotes, shelves }: NaiveBooks,
  account: NaiveAccount,
  { session, closedAt: at }: SessionClosed,
  sequence: number,
): void => {
  let positionsValue = 0n;
  let unrealized = 0n;
  for (const [symbol, { position }] of account.holdings) {
    if (position.quantity === 0n) continue;
    const worth = worthOf(position, quotes.get(symbol));
    positionsValue += worth;
    unrealized += worth - position.cost;
  }
  const cash = bookOf(account, 'account USD');
  const netDeposits = -bookOf(account, 'external USD');
  const equity = cash + positionsValue;
  const last = account.lastSession ?? { equity: 0n, netDeposits: 0n };
  const dayChange = equity - last.equity - (netDeposits - last.netDeposits);
  const values = { cash, positionsValue, equity, netDeposits, unrealized, dayChange };
  const commission = bookOf(account, 'commission USD');
  const made = { createdSequence: sequence, sequence };
  const realized = realizedOf(account);
  const point = { accountId: account.id, session, at, ...values, realized, commission, ...made };
  shelves.portfolio_snapshots.put(point);
  account.lastSession = { session, equity, netDeposits };
};

/** Books an event of the market: a mark is shown to everybody who holds the symbol, a close to every open account. */
export const bookMarket = (books: NaiveBooks, sequence: number, event: MarketEvent): void => {
  if (event.type === 'SessionClosed') {
    for (const account of books.accounts.values()) {
      if (account.status !== 'closed') closeSession(books, account, event, sequence);
    }
    return;
  }
  const { symbol, session, high, low, close } = event;
  books.shelves.price_marks.put({ ...event, createdSequence: sequence, sequence });
  books.quotes.set(symbol, quoteAfter(books.quotes.get(symbol), event, sequence));
  waitToBeShown(books, symbol, { sequence, session, high, low, close });
};
