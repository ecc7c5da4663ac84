import { z } from 'zod';
import type { BrokerReport } from '#commands/ports/broker.ts';
import type { AccountId, ExecutionId, OrderId, Symbol as Ticker } from '#domain/ids.ts';
import { formatPrice, formatQuantity, price, quantity } from '#domain/money.ts';
import { sides } from '#domain/order/terms.ts';
import { instant } from '#domain/time.ts';
import type { AddressedReport } from './book.ts';

export type PaperFill = Extract<BrokerReport, { type: 'Fill' }>;
export type MadeFill = { readonly accountId: AccountId; readonly fill: PaperFill };

/** A line of the journal: an execution that was made, or those that the ledger has taken. */
export type JournalLine =
  | { readonly kind: 'made'; readonly made: MadeFill }
  | { readonly kind: 'told'; readonly executionIds: readonly ExecutionId[] };

const id = <Id extends string>() =>
  z
    .string()
    .min(1)
    .transform((text) => text as Id);
const time = z.string().transform((text) => instant(text));

const line = z.union([
  z.strictObject({
    made: z.strictObject({
      accountId: id<AccountId>(),
      executionId: id<ExecutionId>(),
      orderId: id<OrderId>(),
      symbol: id<Ticker>(),
      side: z.enum(sides),
      quantity: z.string().transform((text) => quantity(text)),
      price: z.string().transform((text) => price(text)),
      liquidity: z.enum(['added', 'removed', 'unknown']),
      venue: z.string(),
      at: time,
    }),
  }),
  z.strictObject({ told: z.array(id<ExecutionId>()) }),
]);

export const fillsIn = (reports: readonly AddressedReport[]): readonly MadeFill[] =>
  reports.flatMap(({ accountId, report }) =>
    report.type === 'Fill' ? [{ accountId, fill: report }] : [],
  );

/** An execution as a line of the journal, its end included. */
export const madeLine = ({ accountId, fill }: MadeFill): string => {
  const { executionId, orderId, symbol, side, liquidity, venue, at } = fill;
  const made = {
    accountId,
    executionId,
    orderId,
    symbol,
    side,
    quantity: formatQuantity(fill.quantity),
    price: formatPrice(fill.price),
    liquidity,
    venue,
    at,
  };
  return `${JSON.stringify({ made })}\n`;
};

export const toldLine = (told: readonly ExecutionId[]): string => `${JSON.stringify({ told })}\n`;

/** Reads a line of the journal; throws where it is none. */
export const readLine = (text: string): JournalLine => {
  const read = line.parse(JSON.parse(text));
  if ('told' in read) return { kind: 'told', executionIds: read.told };
  const { accountId, ...rest } = read.made;
  return { kind: 'made', made: { accountId, fill: { type: 'Fill', commission: null, ...rest } } };
};
