import type { Quote, Quotes } from '#commands/ports/quotes.ts';
import type { Queries } from '#projections/ports/queries.ts';

/** Quotes at the latest marks, for who decides beside the market's process. */
export const markedQuotes = async ({ listMarks }: Pick<Queries, 'listMarks'>): Promise<Quotes> => {
  const quotes = new Map(
    (await listMarks()).map(({ symbol, price, markedAt }): [string, Quote] => [
      symbol,
      { symbol, price, bid: price, ask: price, at: markedAt },
    ]),
  );
  return { latest: (symbol) => quotes.get(symbol) };
};
