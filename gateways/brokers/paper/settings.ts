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

const milliseconds = z.int().nonnegative().max(3_600_000);

/** How kind the simulated market is to our orders; ratios are decimal strings, so that no float touches a price. */
export const paperBrokerSettings = z
  .strictObject({
    /** Part of an auction's volume that our orders on one side may have. */
    auctionParticipation: within('1').default(ratio('0.1')),
    /** Part of the displayed size that our orders on one side may take from one quote. */
    displayedParticipation: within('1').default(ratio('1')),
    /** Basis points (1/10,000) against the order on every fill outside auctions, never beyond its limit. */
    slippageBps: within('1000').default(ratio('0')),
    /** Basis points by which bid and ask are moved apart further, each. */
    extraSpreadBps: within('1000').default(ratio('0')),
    /** Market time from the arrival of an order until it can match. */
    latencyMs: milliseconds.default(0),
    /** Real time until a report that was not taken is sent again; doubles up to the most. */
    retryFirstMs: milliseconds.min(1).default(50),
    retryMostMs: milliseconds.min(1).default(5_000),
    /** How many ended orders are remembered, so that repeated calls about them change nothing. */
    endedMemory: z.int().min(1).max(10_000_000).default(100_000),
  })
  .refine(
    (settings) => settings.retryFirstMs <= settings.retryMostMs,
    'retryFirstMs is over retryMostMs',
  );

export type PaperBrokerSettings = z.output<typeof paperBrokerSettings>;
export type PaperBrokerOptions = z.input<typeof paperBrokerSettings>;
