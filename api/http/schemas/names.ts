import type { z } from 'zod';
import type { AccountId, ClientOrderId, ExecutionId, OrderId, Symbol } from '#domain/ids.ts';
import { type Instant, parseInstant, type SessionDate } from '#domain/time.ts';
import { field, listOf, matching, Trouble, wrongType } from './field.ts';

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const uuidLooks = { type: 'string', format: 'uuid' };

const uuid = <Id extends string>(): z.ZodType<Id> =>
  field(uuidLooks, (json) => {
    if (typeof json !== 'string') return wrongType('a UUID');
    const id = json.toLowerCase();
    return uuidPattern.test(id) ? (id as Id) : new Trouble('invalid_format', 'must be a UUID');
  });

export const accountId: z.ZodType<AccountId> = uuid();
export const orderId: z.ZodType<OrderId> = uuid();

/** A path's id: text that is no UUID is just an id that nothing has. */
export const pathId: z.ZodType<string> = field(uuidLooks, (json) =>
  typeof json === 'string' ? json.toLowerCase() : wrongType('a UUID'),
);
/** Whether an id from a path can be one at all. */
export const isUuid = (id: string): boolean => uuidPattern.test(id);

const symbolPattern = /^[A-Z0-9][A-Z0-9.-]{0,14}$/;
export const symbol: z.ZodType<Symbol> = field(
  { type: 'string', examples: ['AAPL'], description: 'A ticker, in any case.' },
  (json) => {
    if (typeof json !== 'string') return wrongType('text');
    const ticker = json.trim().toUpperCase();
    return symbolPattern.test(ticker)
      ? (ticker as Symbol)
      : new Trouble('invalid_format', 'must be a ticker of 1 to 15 letters, digits, dots, hyphens');
  },
);
export const symbols: z.ZodType<readonly Symbol[]> = listOf(symbol, 100);

const printable = (max: number) =>
  [
    new RegExp(`^[\\x20-\\x7e]{1,${max}}$`),
    { minLength: 1, maxLength: max },
    `must be 1 to ${max} printable ASCII characters`,
  ] as const;

/** Letters, digits and hyphens: nothing that looks like something else. */
export const accountNumber: z.ZodType<string> = matching(
  /^[A-Z0-9][A-Z0-9-]{0,63}$/i,
  { minLength: 1, maxLength: 64 },
  'must be 1 to 64 letters, digits and hyphens',
);

export const clientOrderId: z.ZodType<ClientOrderId> = matching(...printable(128));
export const executionId: z.ZodType<ExecutionId> = matching(...printable(128));

const datePattern = /^\d{4}-\d{2}-\d{2}$/;
const dateOf = (text: string): SessionDate | undefined =>
  datePattern.test(text) && parseInstant(`${text}T00:00:00Z`) !== undefined
    ? (text as SessionDate)
    : undefined;

const momentLooks = {
  type: 'string',
  format: 'date-time',
  description: 'RFC 3339 with an offset, or a date (UTC); in the years 1900 to 9998.',
};
const readMoment = (json: unknown): Instant | Trouble => {
  if (typeof json !== 'string') return wrongType('an instant, as text');
  const instant = parseInstant(dateOf(json) === undefined ? json : `${json}T00:00:00Z`);
  return (
    instant ??
    new Trouble('invalid_format', 'must be an RFC 3339 instant such as 2014-01-03T21:00:00Z')
  );
};

/** An instant; a bare date is its beginning in UTC. */
export const moment: z.ZodType<Instant> = field(momentLooks, readMoment);

/** When a trade happened: the days after it, in which it settles, have to be instants as well. */
export const tradeTime: z.ZodType<Instant> = field(momentLooks, (json) => {
  const at = readMoment(json);
  return at instanceof Trouble || at < '9998'
    ? at
    : new Trouble('out_of_range', 'must be before the year 9998');
});

export const date: z.ZodType<SessionDate> = field({ type: 'string', format: 'date' }, (json) => {
  if (typeof json !== 'string') return wrongType('a date, as text');
  return dateOf(json) ?? new Trouble('invalid_format', 'must be a date such as 2014-01-03');
});
