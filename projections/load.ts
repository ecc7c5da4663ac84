import type { Symbol as Ticker } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { holdingKey } from './keys.ts';
import { sinceKey } from './marks/extremes.ts';
import { type Needs, needsOf } from './needs.ts';
import { price } from './ports/columns.ts';
import type { HoldingRef, MarksSince, RowReads, StoredRow } from './ports/read-tables.ts';
import type { Table } from './table.ts';
import type { Tables } from './tables.ts';

const loadMissing = async <Row, Id>(
  table: Table<Row>,
  wanted: Iterable<readonly [string, Id]>,
  read: (ids: readonly Id[]) => Promise<readonly StoredRow[]>,
): Promise<void> => {
  const missing = new Map<string, Id>();
  for (const [key, id] of wanted) if (!table.knows(key)) missing.set(key, id);
  if (missing.size === 0) return;
  for (const stored of await read([...missing.values()])) {
    const row = table.shape.decode(stored);
    const key = table.shape.keyOf(row);
    table.load(key, row);
    missing.delete(key);
  }
  for (const key of missing.keys()) table.load(key, undefined);
};

const loadLots = async (tables: Tables, readTables: RowReads, needs: Needs): Promise<void> => {
  const missing: HoldingRef[] = [];
  for (const [key, ref] of needs.lots) {
    if (tables.lots.knowsGroup(key)) continue;
    // Nothing is held, so there are no open lots to ask for.
    if (tables.positions.get(key)?.cycle === null) tables.lots.loadGroup(key, []);
    else if (tables.positions.get(key) === undefined) tables.lots.loadGroup(key, []);
    else missing.push(ref);
  }
  if (missing.length === 0) return;
  const rows = (await readTables.openLots(missing)).map(tables.lots.shape.decode);
  const byHolding = Map.groupBy(rows, (lot) => holdingKey(lot.accountId, lot.symbol));
  for (const { accountId, symbol } of missing) {
    const key = holdingKey(accountId, symbol);
    tables.lots.loadGroup(key, byHolding.get(key) ?? []);
  }
};

const loadExtremes = async (tables: Tables, readTables: RowReads, needs: Needs): Promise<void> => {
  const since: MarksSince[] = [];
  for (const [key, { symbol }] of needs.holdings) {
    const position = tables.positions.get(key);
    const marked = tables.marketDataCache.get(symbol)?.sequence ?? 0;
    if (!position || position.cycle === null || marked <= position.changedSequence) continue;
    if (tables.memory.hasMarksAfter(symbol, position.changedSequence)) continue;
    since.push({ symbol, after: position.changedSequence, session: position.session });
  }
  if (since.length === 0) return;
  for (const row of await readTables.extremes(since)) {
    const key = sinceKey(String(row['symbol']) as Ticker, Number(row['after']));
    const { high, low } = row;
    tables.earlierExtremes.set(key, {
      high: price.decode(high ?? null),
      low: price.decode(low ?? null),
    });
  }
};

const loadJournal = async (
  tables: Tables,
  readTables: RowReads,
  key: string,
  ref: HoldingRef,
): Promise<void> => {
  const { fills, splits, marks } = await readTables.journal(ref);
  const { orderFills, stockSplits, priceMarks } = tables;
  orderFills.loadGroup(key, fills.map(orderFills.shape.decode));
  stockSplits.loadGroup(key, splits.map(stockSplits.shape.decode));
  priceMarks.loadGroup(ref.symbol, marks.map(priceMarks.shape.decode));
};

const loadOpenBooks = async (tables: Tables, readTables: RowReads): Promise<void> => {
  const books = await readTables.openBooks();
  for (const stored of books.accounts) {
    const row = tables.accounts.shape.decode(stored);
    tables.accounts.load(row.accountId, row);
    tables.positions.loadGroup(row.accountId, []);
  }
  for (const stored of books.positions) {
    const row = tables.positions.shape.decode(stored);
    tables.positions.load(holdingKey(row.accountId, row.symbol), row);
    if (!tables.marketDataCache.knows(row.symbol))
      tables.marketDataCache.load(row.symbol, undefined);
  }
  for (const stored of books.market) {
    const row = tables.marketDataCache.shape.decode(stored);
    tables.marketDataCache.load(row.symbol, row);
  }
};

const keyed = <Id extends string>(ids: Iterable<Id>): (readonly [string, Id])[] =>
  [...ids].map((id) => [id, id] as const);

/** Puts into `tables` what the events will ask for and what is not there yet. */
export const load = async (
  tables: Tables,
  readTables: RowReads,
  events: readonly RecordedEvent[],
): Promise<void> => {
  const needs = needsOf(events);
  await loadMissing(tables.accounts, keyed(needs.accounts), readTables.accounts);
  await loadMissing(tables.orders, keyed(needs.orders), readTables.orders);
  await loadMissing(tables.positions, needs.holdings, readTables.positions);
  await loadMissing(tables.marketDataCache, keyed(needs.symbols), readTables.market);
  for (const symbol of needs.symbols) {
    if (!tables.priceMarks.knowsGroup(symbol)) tables.priceMarks.loadGroup(symbol, []);
  }
  await loadMissing(tables.breaks, needs.breaks, readTables.breaks);
  await loadLots(tables, readTables, needs);
  await loadExtremes(tables, readTables, needs);
  for (const [key, ref] of needs.restated) await loadJournal(tables, readTables, key, ref);
  if (needs.everything && !tables.memory.hasOpenBooks()) await loadOpenBooks(tables, readTables);
};
