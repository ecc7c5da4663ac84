import { z } from 'zod';
import { type Cash, formatCash, formatPrice, type Price } from '#domain/money.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { id, instant, sequence } from './form.ts';

/** Fields of events that hold cash, eighteen decimals … */
const cashFields: ReadonlySet<string> = new Set([
  'amount',
  'cash',
  'cashInLieu',
  'commission',
  'fixedCash',
  'minimum',
  'notional',
  'orderNotional',
  'positionNotional',
  'previousCommission',
]);
/** … and whole numbers; all others have nine decimals. */
const wholeFields: ReadonlySet<string> = new Set(['newShares', 'oldShares']);

const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const amountOf = (name: string, value: bigint): string => {
  if (wholeFields.has(name)) return value.toString();
  return cashFields.has(name) ? formatCash(value as Cash) : formatPrice(value as Price);
};

const jsonOf = (name: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return amountOf(name, value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((part) => jsonOf(name, part));
  return Object.fromEntries(
    Object.entries(value).map(([inner, part]) => [snake(inner), jsonOf(inner, part)]),
  );
};

const hashPrefix = 12;

export const eventAnswer = z
  .strictObject({
    sequence,
    event_id: id,
    type: z.string(),
    at: instant.describe('When it was so in the world.'),
    recorded_at: instant.describe('When the store wrote it down.'),
    actor: z.string(),
    hash: z.string().describe(`The first ${hashPrefix} hex digits of its hash.`),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });
export type EventAnswer = z.infer<typeof eventAnswer>;

/** An event as it is told: its own fields under `details`, decimals as text. */
export const eventJson = (event: RecordedEvent): EventAnswer => {
  const { type, ...fields } = event.data;
  return {
    sequence: event.sequence,
    event_id: event.id,
    type,
    at: event.effectiveAt,
    recorded_at: event.recordedAt,
    actor: event.actor,
    hash: event.hash.slice(0, hashPrefix),
    details: jsonOf('details', fields) as Record<string, unknown>,
  };
};
