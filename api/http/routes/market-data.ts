import { z } from 'zod';
import type { Symbol } from '#domain/ids.ts';
import { form, instant } from '../answers/form.ts';
import { quoteAnswer, quoteJson } from '../answers/quote.ts';
import { HttpProblem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { symbol, symbols } from '../schemas/names.ts';
import type { Services } from '../services.ts';

const path = '/api/v1/market-data';
const tag = 'Market data';

const latest = ({ feed, quotes }: Services, ticker: Symbol) =>
  feed?.latest(ticker) ?? quotes.latest(ticker);

const listSymbols = route({
  method: 'get',
  path: `${path}/symbols`,
  name: 'listSymbols',
  tag,
  summary: 'Symbols that the market knows',
  kind: 'plain',
  scope: 'market_data:read',
  reach: 'none',
  answers: {
    200: form('Symbols', 'All symbols.', z.strictObject({ symbols: z.array(z.string()) })),
  },
  problems: [],
  handle: async ({ services }) => ({
    status: 200,
    body: { symbols: services.feed?.symbols() ?? [] },
  }),
});

const getQuote = route({
  method: 'get',
  path: `${path}/quote/{symbol}`,
  name: 'getQuote',
  tag,
  summary: 'The latest quote of a symbol',
  kind: 'plain',
  scope: 'market_data:read',
  reach: 'none',
  params: z.strictObject({ symbol }),
  answers: { 200: form('Quote', 'The quote.', quoteAnswer) },
  problems: ['quote_not_found'],
  handle: async ({ services, params }) => {
    const quote = latest(services, params.symbol);
    if (quote !== undefined) return { status: 200, body: quoteJson(quote) };
    throw new HttpProblem('quote_not_found', { details: { symbol: params.symbol } });
  },
});

const listQuotes = route({
  method: 'get',
  path: `${path}/quotes`,
  name: 'listQuotes',
  tag,
  summary: 'The latest quotes of some symbols',
  kind: 'plain',
  scope: 'market_data:read',
  reach: 'none',
  query: z.strictObject({ symbols }),
  answers: {
    200: form(
      'Quotes',
      'The quotes, and which symbols have none.',
      z.strictObject({ quotes: z.array(quoteAnswer), unknown_symbols: z.array(z.string()) }),
    ),
  },
  problems: [],
  handle: async ({ services, query }) => {
    const found = query.symbols.map((ticker) => ({ ticker, quote: latest(services, ticker) }));
    const body = {
      quotes: found.flatMap(({ quote }) => (quote === undefined ? [] : [quoteJson(quote)])),
      unknown_symbols: found.flatMap(({ ticker, quote }) => (quote === undefined ? [ticker] : [])),
    };
    return { status: 200, body };
  },
});

const getClock = route({
  method: 'get',
  path: `${path}/clock`,
  name: 'getClock',
  tag,
  summary: "The market's own time, and whether a session is open",
  kind: 'plain',
  scope: 'market_data:read',
  reach: 'none',
  answers: {
    200: form(
      'MarketClock',
      'The clock.',
      z.strictObject({
        timestamp: instant,
        is_open: z.boolean(),
        session: z.iso.date().nullable(),
        source: z.string().nullable(),
      }),
    ),
  },
  problems: [],
  handle: async ({ services: { feed, clock } }) => {
    const session = feed?.session() ?? null;
    const body = {
      timestamp: clock.now(),
      is_open: session !== null,
      session,
      source: feed?.source ?? null,
    };
    return { status: 200, body };
  },
});

export const marketDataRoutes: readonly Route[] = [listSymbols, getQuote, listQuotes, getClock];
