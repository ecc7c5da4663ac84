import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Symbol as Ticker } from '#domain/ids.ts';
import { type Instant, instant, type SessionDate } from '#domain/time.ts';

/** Numbers reach us as their source text, so that none passes through a binary fraction on the way in. */
const decimal = z.string().regex(/^-?\d/);
const at = z.string().transform((text): Instant => instant(text));
const symbol = z.string().transform((text) => text as Ticker);

const orderShape = z.object({
  id: z.string(),
  symbol,
  /** Signed: a sale is negative. */
  qty: decimal,
  filled: decimal,
  /** Of everything the order has filled so far. */
  commission: decimal,
  status: z.string(),
  created: at,
  limit: decimal.nullable(),
  stop: decimal.nullable(),
});

const dayShape = z.object({
  date: z.iso.date().transform((text) => text as SessionDate),
  period_open: at,
  period_close: at,
  starting_cash: decimal,
  ending_cash: decimal,
  portfolio_value: decimal,
  transactions: z.array(
    z.object({ order_id: z.string(), ts: at, symbol, qty: decimal, price: decimal }),
  ),
  orders: z.array(orderShape),
  positions: z.array(z.object({ symbol, qty: decimal, cost_basis: decimal, last_price: decimal })),
});

export type RunOrder = z.infer<typeof orderShape>;
/** One session of a zipline back-test as it ended. */
export type RunDay = z.infer<typeof dayShape>;
export type RunFill = RunDay['transactions'][number];

const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON with every number made the string of its digits. */
const numbersAsText = (json: string): string =>
  json.replace(stringOrNumber, (token) => (token.startsWith('"') ? token : `"${token}"`));

/** Reads a run from JSON lines, one a session. Throws where a line is not one. */
export const parseRun = (lines: string): readonly RunDay[] =>
  lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => dayShape.parse(JSON.parse(numbersAsText(line))));

/** Reads a run from a gzipped file of JSON lines. */
export const readRun = (path: string | URL): readonly RunDay[] =>
  parseRun(gunzipSync(readFileSync(path)).toString('utf8'));

/** The run that the demo account has lived through: 10 AAPL a day for ten months of 2014. */
export const readBuyapple = (): readonly RunDay[] =>
  readRun(new URL('data/buyapple.daily.jsonl.gz', import.meta.url));
