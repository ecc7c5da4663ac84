import { maybe, oneOf, otherwise, wholeNumber } from './field.ts';

const pageMax = 500;

/** Where a page of a list starts, which way it runs and how long it is. */
export const paging = {
  limit: otherwise(wholeNumber(1, pageMax), 50),
  cursor: maybe(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
  direction: otherwise(oneOf(['desc', 'asc']), 'desc'),
};

/** The same for a list that runs oldest first. */
export const oldestFirst = { ...paging, direction: otherwise(oneOf(['asc', 'desc']), 'asc') };

/** The paging of a query port, where what is absent is undefined. */
export const pageOf = (query: {
  readonly limit: number;
  readonly cursor: number | null;
  readonly direction: 'asc' | 'desc';
}) => ({
  limit: query.limit,
  cursor: query.cursor ?? undefined,
  direction: query.direction,
});
