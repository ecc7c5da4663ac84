import { z } from 'zod';
import { type AccountFigures, accountFigures } from '#domain/account/figures.ts';
import type { AccountId } from '#domain/ids.ts';
import { formatCash, larger, smaller, subtract, zeroCash } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { PortfolioSummary } from '#projections/ports/queries.ts';
import { decimal, form, id, instant } from '../answers/form.ts';
import {
  accountSummaryAnswer,
  accountSummaryJson,
  portfolioAnswer,
  portfolioJson,
  portfolioPointAnswer,
  portfolioPointJson,
} from '../answers/portfolio.ts';
import { accountNotFound, rowsOf } from '../found.ts';
import { accountRoute, type Route } from '../route.ts';
import { maybe } from '../schemas/field.ts';
import { accountId, date } from '../schemas/names.ts';
import type { Services } from '../services.ts';

const tag = 'Portfolio';
const ofAccount = z.strictObject({ account_id: maybe(accountId) });

const summaryOf = async (services: Services, account: AccountId): Promise<PortfolioSummary> => {
  const summary = await services.queries.portfolio(account);
  if (summary === undefined) throw accountNotFound(account);
  return summary;
};

const getPortfolio = accountRoute({
  method: 'get',
  path: '/api/v1/trading/portfolio',
  name: 'getPortfolio',
  tag,
  summary: 'The whole portfolio in figures, at the latest marks',
  kind: 'read',
  hasPast: true,
  scope: 'account:read',
  query: ofAccount,
  answers: { 200: form('Portfolio', 'The figures.', portfolioAnswer) },
  problems: ['account_not_found'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account }) => {
    return { status: 200, body: portfolioJson(await summaryOf(services, account)) };
  },
});

const getPortfolioHistory = accountRoute({
  method: 'get',
  path: '/api/v1/trading/portfolio/history',
  name: 'getPortfolioHistory',
  tag,
  summary: 'The equity curve: one point per session, at its close',
  kind: 'read',
  hasPast: true,
  scope: 'account:read',
  query: z.strictObject({ account_id: maybe(accountId), from: maybe(date), to: maybe(date) }),
  answers: {
    200: form(
      'PortfolioHistory',
      'Sessions from `from` to `to`, both included, oldest first.',
      z.strictObject({ account_id: id, points: z.array(portfolioPointAnswer) }),
    ),
  },
  problems: ['account_not_found'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account, query }) => {
    const range = { from: query.from ?? undefined, to: query.to ?? undefined };
    const found = await services.queries.portfolioHistory(account, range);
    const points = await rowsOf(services, account, found);
    return { status: 200, body: { account_id: account, points: points.map(portfolioPointJson) } };
  },
});

const getAccountSummary = accountRoute({
  method: 'get',
  path: '/api/v1/trading/account/summary',
  name: 'getAccountSummary',
  tag,
  summary: 'Cash, equity, profit and margin of the account',
  kind: 'read',
  hasPast: true,
  scope: 'account:read',
  query: ofAccount,
  answers: { 200: form('AccountSummary', 'The figures.', accountSummaryAnswer) },
  problems: ['account_not_found'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account }) => {
    const summary = await summaryOf(services, account);
    return { status: 200, body: accountSummaryJson(summary, services.clock.now()) };
  },
});

const buyingPowerAnswer = z.strictObject({
  account_id: id,
  buying_power: decimal.describe('Value of stock that could be opened now.'),
  available: decimal.describe('Own money that an order may still take.'),
  cash: decimal,
  settled_cash: decimal,
  reserved_cash: decimal,
  withdrawable: decimal,
  equity: decimal,
  timestamp: instant,
});

type Figures = Pick<
  AccountFigures,
  'buyingPower' | 'available' | 'cash' | 'settledCash' | 'reservedCash' | 'withdrawable' | 'equity'
>;

const figuresNow = (
  { ledger, quotes }: Services,
  account: AccountId,
  now: Instant,
): Promise<Figures | undefined> =>
  ledger.inspect(account, (state) =>
    state.status === 'unopened' ? undefined : accountFigures(state, quotes.latest, now),
  );

/** The same figures from the account as it was, at the marks of then. */
const figuresThen = async (
  { queries }: Services,
  account: AccountId,
): Promise<Figures | undefined> => {
  const row = await queries.getAccount(account);
  if (row === undefined) return undefined;
  const { cash, equity, buyingPower, marginUsed, reserved: reservedCash } = row;
  const settledCash = subtract(cash, row.unsettled);
  const free = subtract(settledCash, reservedCash);
  const onMargin = row.policy.kind === 'margin';
  const available = onMargin ? subtract(subtract(equity, marginUsed), reservedCash) : free;
  const withdrawable = larger(zeroCash, smaller(free, available));
  return { buyingPower, available, cash, settledCash, reservedCash, withdrawable, equity };
};

const getBuyingPower = accountRoute({
  method: 'get',
  path: '/api/v1/trading/account/buying-power',
  name: 'getBuyingPower',
  tag,
  summary: 'What orders are decided by, at the latest quotes',
  description: 'As of the past: at the marks of then, which is what the ledger knows of it.',
  kind: 'read',
  hasPast: true,
  scope: 'account:read',
  query: ofAccount,
  answers: { 200: form('BuyingPower', 'The figures.', buyingPowerAnswer) },
  problems: ['account_not_found'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account }) => {
    const now = services.clock.now();
    const figures =
      services.past === null
        ? await figuresNow(services, account, now)
        : await figuresThen(services, account);
    if (figures === undefined) throw accountNotFound(account);
    const body: z.infer<typeof buyingPowerAnswer> = {
      account_id: account,
      buying_power: formatCash(figures.buyingPower),
      available: formatCash(figures.available),
      cash: formatCash(figures.cash),
      settled_cash: formatCash(figures.settledCash),
      reserved_cash: formatCash(figures.reservedCash),
      withdrawable: formatCash(figures.withdrawable),
      equity: formatCash(figures.equity),
      timestamp: now,
    };
    return { status: 200, body };
  },
});

export const portfolioRoutes: readonly Route[] = [
  getPortfolio,
  getPortfolioHistory,
  getAccountSummary,
  getBuyingPower,
];
