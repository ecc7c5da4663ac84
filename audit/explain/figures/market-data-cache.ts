import type { PriceMarked } from '#domain/market/events.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Tables } from '#projections/tables.ts';
import { cellsOf, figure, percentOf, told, total } from '../define.ts';
import {
  type Cells,
  type Definition,
  type FigureTable,
  type Line,
  NoSuchFigure,
  type Subject,
} from '../explanation.ts';
import { evaluate } from '../formula.ts';
import { lineOf } from '../lines.ts';

type Mark = RecordedEvent<PriceMarked>;
type Prices = 'open' | 'high' | 'low' | 'close';

/** The marks that made a market's figures: of the latest session, and the last close of the one before. */
type Market = { readonly by: Readonly<Record<Prices, Mark>>; readonly before: Mark | null };

const wider = (now: Mark, next: Mark, which: Prices): Mark => {
  switch (which) {
    case 'open':
      return now;
    case 'high':
      return next.data.high > now.data.high ? next : now;
    case 'low':
      return next.data.low < now.data.low ? next : now;
    case 'close':
      return next;
  }
};

const marked = (market: Market | null, mark: Mark): Market => {
  const first = { open: mark, high: mark, low: mark, close: mark };
  if (market === null) return { by: first, before: null };
  const { by, before } = market;
  const { session } = by.close.data;
  if (mark.data.session < session) return market; // A late mark of an old session.
  if (mark.data.session > session) return { by: first, before: by.close };
  const open = wider(by.open, mark, 'open');
  const high = wider(by.high, mark, 'high');
  const low = wider(by.low, mark, 'low');
  return { by: { open, high, low, close: mark }, before };
};

const shown = (
  [column, summary]: readonly [column: string, summary: string],
  which: Prices,
  markOf: (market: Market) => Mark | null,
): Definition => ({
  ...figure(`market_data_cache.${column}`, 'price', summary),
  begin: ({ symbol }) => {
    let market: Market | null = null;
    const lines = (): readonly Line[] => {
      const mark = market === null ? null : markOf(market);
      if (mark === null) return [];
      const { session, source } = mark.data;
      return [lineOf(mark, `the ${which} of ${session}, by ${source}`, mark.data[which])];
    };
    return {
      see: (event) => {
        const { data } = event;
        if (data.type === 'PriceMarked' && data.symbol === symbol) {
          market = marked(market, { ...event, data });
        }
      },
      tell: () => told(lines()),
    };
  },
});

const price = shown(['price', 'the close of the latest mark'], 'close', ({ by }) => by.close);
const previous = shown(
  ['prev_close', 'the last close of the session before'],
  'close',
  ({ before }) => before,
);
const change = total(
  figure('market_data_cache.change', 'price', 'change since the session before'),
  [price],
  [previous],
);

const row = (tables: Tables, { symbol }: Subject): Cells => {
  if (symbol === null) throw new NoSuchFigure('The figure is of a symbol: which one?');
  const market = tables.marketDataCache.get(symbol);
  if (market === undefined) throw new NoSuchFigure(`${symbol} was never marked.`);
  const { prevClose } = market;
  if (prevClose === null) return cellsOf({ ...market, change: null, changePct: null });
  const moved = market.price - prevClose;
  const parts = [{ value: moved }, { value: prevClose }];
  const changePct = prevClose === 0n ? null : evaluate({ kind: 'percent' }, parts, []);
  return cellsOf({ ...market, change: moved, changePct });
};

/** The latest mark of each symbol. */
export const marketDataCache: FigureTable = {
  view: 'market_data_cache',
  needs: 'symbol',
  row,
  key: ({ symbol }) => (symbol === null ? null : [symbol]),
  figures: [
    price,
    shown(['open', 'the first open of the latest session'], 'open', ({ by }) => by.open),
    shown(['high', 'the highest price of the latest session'], 'high', ({ by }) => by.high),
    shown(['low', 'the lowest price of the latest session'], 'low', ({ by }) => by.low),
    shown(['close', 'the close of the latest mark'], 'close', ({ by }) => by.close),
    previous,
    change,
    percentOf(
      figure('market_data_cache.change_pct', 'percent', 'that change in percent'),
      change,
      previous,
    ),
  ],
};
