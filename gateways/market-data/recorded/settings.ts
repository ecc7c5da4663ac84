import { z } from 'zod';
import { parseRatio, type Ratio, ratio } from '#domain/money.ts';

const within = (most: string) =>
  z
    .string()
    .refine((text) => {
      const value = parseRatio(text);
      return typeof value !== 'string' && value >= 0n && value <= ratio(most);
    }, `wants a plain decimal from 0 to ${most}`)
    .transform((text): Ratio => ratio(text));

/** How recorded bars are shown; ratios are decimal strings, so that no float touches a price. */
export const recordedMarketSettings = z.strictObject({
  /** Basis points (1/10,000) from the print to the bid, and to the ask. */
  halfSpreadBps: within('1000').default(ratio('1')),
  /** Part of a print's volume that is shown as bid size and as ask size. */
  displayedShare: within('1').default(ratio('0.1')),
  /** Market seconds per real second while a session is open; 0 = only `step` moves the market. */
  speed: z.number().nonnegative().finite().default(0),
});

export type RecordedMarketSettings = z.output<typeof recordedMarketSettings>;
export type RecordedMarketOptions = z.input<typeof recordedMarketSettings>;
