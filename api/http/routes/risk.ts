import { z } from 'zod';
import type { Quote } from '#commands/ports/quotes.ts';
import type { AccountState } from '#domain/account/state.ts';
import type { AccountId, Symbol } from '#domain/ids.ts';
import { formatQuantity } from '#domain/money.ts';
import { sides } from '#domain/order/terms.ts';
import { maxOrderSize, type Proposal, riskReport, tradingRefusal } from '#domain/risk/rules.ts';
import { decimal, form } from '../answers/form.ts';
import { riskAnswer, riskJson } from '../answers/risk.ts';
import { accountNotFound } from '../found.ts';
import { HttpProblem } from '../problem.ts';
import { accountRoute, type Route } from '../route.ts';
import { maybe, oneOf } from '../schemas/field.ts';
import { accountId, symbol } from '../schemas/names.ts';
import { orderBody } from '../schemas/order.ts';
import type { Services } from '../services.ts';

const tag = 'Risk';

const quoteOf = ({ quotes }: Services, ticker: Symbol): Quote => {
  const quote = quotes.latest(ticker);
  if (quote === undefined) {
    throw new HttpProblem('unknown_symbol', { details: { symbol: ticker } });
  }
  return quote;
};

type Scene = Omit<Proposal, 'terms' | 'replaced'>;

/** Looks at an account with the market around it. Throws `account_not_found`. */
const judge = async <Seen>(
  services: Services,
  account: AccountId,
  market: Quote,
  look: (scene: Scene, state: AccountState) => Seen,
): Promise<Seen> => {
  const { ledger, quotes, clock } = services;
  const at = clock.now();
  const prices = quotes.latest;
  const seen = await ledger.inspect(account, (state) =>
    state.policy === null
      ? undefined
      : { result: look({ state, policy: state.policy, market, prices, at }, state) },
  );
  if (seen === undefined) throw accountNotFound(account);
  return seen.result;
};

const checkRisk = accountRoute({
  method: 'post',
  path: '/api/v1/trading/risk/check',
  name: 'checkRisk',
  tag,
  summary: 'What the risk rules would say to an order, without submitting it',
  description:
    'The same rules as for a submission, all of them, with their numbers. Writes nothing.',
  kind: 'plain',
  scope: 'trading:read',
  body: orderBody,
  answers: { 200: form('RiskReport', 'What each rule says.', riskAnswer) },
  problems: ['account_not_found', 'unknown_symbol'],
  accountId: ({ body }) => body.accountId,
  handle: async ({ services, account, body }) => {
    const market = quoteOf(services, body.terms.symbol);
    const report = await judge(services, account, market, (scene, state) =>
      riskJson(riskReport({ ...scene, terms: body.terms, replaced: null }), tradingRefusal(state)),
    );
    return { status: 200, body: report };
  },
});

const getMaxOrderSize = accountRoute({
  method: 'get',
  path: '/api/v1/trading/risk/max-order-size/{symbol}',
  name: 'getMaxOrderSize',
  tag,
  summary: 'The most shares a market order could be for right now',
  kind: 'read',
  scope: 'trading:read',
  params: z.strictObject({ symbol }),
  query: z.strictObject({ account_id: maybe(accountId), side: oneOf(sides) }),
  answers: {
    200: form(
      'MaxOrderSize',
      'The size.',
      z.strictObject({ symbol: z.string(), side: z.enum(sides), max_quantity: decimal }),
    ),
  },
  problems: ['account_not_found', 'unknown_symbol'],
  accountId: ({ query }) => query.account_id,
  handle: async ({ services, account, params, query }) => {
    const market = quoteOf(services, params.symbol);
    const most = await judge(services, account, market, (scene) =>
      maxOrderSize(scene, params.symbol, query.side),
    );
    const body = { symbol: params.symbol, side: query.side, max_quantity: formatQuantity(most) };
    return { status: 200, body };
  },
});

export const riskRoutes: readonly Route[] = [checkRisk, getMaxOrderSize];
