import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bookImport } from '#commands/imports/book-import.ts';
import { learn, learnReconciliation, nothingKnown } from '#commands/imports/knowledge.ts';
import { planImport } from '#commands/imports/plan-import.ts';
import { accountStream } from '#domain/ids.ts';
import { formatCash, formatQuantity } from '#domain/money.ts';
import { dayOf } from '#domain/reconciliation/period.ts';
import { isReconciliationEvent } from '#domain/recorded-event.ts';
import { instant } from '#domain/time.ts';
import { readStatement } from '#gateways/statements/read-statement.ts';
import { readStatements } from '#gateways/statements/read-statements.ts';
import { accountOne, noCommission, openAccount } from '../support/makers.ts';
import { sha256, wholeLog } from '../support/memory-ledger.ts';
import { reconcilingWorld } from '../support/reconciling.ts';
import { bytesOf } from './import-world.ts';

const opening = {
  ...openAccount({ kind: 'margin', broker: 'none', commission: noCommission }),
  at: instant('2023-01-03T15:00:00Z'),
};

/** An account that books rows by imports and by approvals. */
const world = async () => {
  const { store, ledger, compare, record, approve } = reconcilingWorld();
  await ledger.tell(opening);
  const fileOf = (rows: readonly string[]) => ({
    name: 'rows.jsonl',
    bytes: bytesOf(rows.join('\n')),
  });
  const statementOf = (rows: readonly string[]) =>
    readStatement([fileOf(rows)], { layout: 'json-lines', symbols: null });
  const knowledge = async () => {
    const known = nothingKnown();
    for (const event of await wholeLog(store)) {
      const { data } = event;
      if (isReconciliationEvent(data)) learnReconciliation(known, { ...event, data });
      else learn(known, event);
    }
    return known;
  };
  const plan = async (rows: readonly string[]) => {
    const files = readStatements([fileOf(rows)], { layout: 'json-lines', symbols: new Map() });
    return planImport(files, await knowledge(), sha256);
  };
  return {
    importing: async (rows: readonly string[]) => {
      const planAgain = () => plan(rows);
      const ports = { ledger, store, planAgain, onBooked: () => {} };
      const booking = await bookImport(ports, accountOne, await plan(rows));
      equal(booking.stopped, null);
    },
    approving: async (rows: readonly string[]) => {
      const statement = statementOf(rows);
      const { breaks } = await compare(statement);
      await record(statement);
      for (const { breakId, correction, kind } of breaks) {
        // What only other rows than these tell of is to stay.
        if (correction !== null && !kind.startsWith('unknown')) await approve(breakId);
      }
    },
    outcomes: async (rows: readonly string[]) =>
      (await plan(rows)).commands.map(({ outcome }) => outcome),
    breaks: async (rows: readonly string[]) => (await compare(statementOf(rows))).breaks,
    names: async () =>
      (await wholeLog(store))
        .filter(({ stream }) => stream === accountStream(accountOne))
        .flatMap(({ data }) => {
          if (data.type === 'OrderFilled') return [data.executionId];
          const reference = 'externalReference' in data ? data.externalReference : null;
          return reference === null ? [] : [reference];
        }),
    stands: () =>
      ledger.inspect(accountOne, ({ cash, holdings }) => [
        formatCash(cash),
        ...[...holdings]
          .filter(([, { quantity }]) => quantity !== 0n)
          .map(([symbol, { quantity }]) => `${symbol} ${formatQuantity(quantity)}`)
          .sort(),
      ]),
  };
};

const cents = fc.integer({ min: 1, max: 90_000 }).map((n) => (n / 100).toFixed(2));
const at = fc
  .integer({ min: 0, max: 60 * 24 * 40 })
  .map((minutes) => new Date(Date.UTC(2024, 0, 3, 15) + minutes * 60_000).toISOString());
const trade = fc.record({
  kind: fc.constant('trade'),
  at,
  symbol: fc.constantFrom('ACME', 'AAPL'),
  side: fc.constantFrom('buy', 'sell'),
  quantity: fc.constantFrom('1', '10', '2.5'),
  price: cents,
  commission: fc.constantFrom('0', '1'),
});
/** As brokers round: a stated amount a fraction of a cent away. */
const rounded = trade.map((one) => {
  const sign = one.side === 'buy' ? -1 : 1;
  const exact = Math.round(Number(one.price) * Number(one.quantity) * 1000) * sign;
  const amount = (exact + 4) / 1000 - Number(one.commission);
  return { ...one, amount: amount.toFixed(3) };
});
const moved = fc
  .tuple(
    at,
    fc.constantFrom('deposit', 'withdrawal', 'fee', 'interest', 'tax', 'conversion'),
    cents,
    fc.boolean(),
  )
  .map(([when, category, amount, isNegative]) => {
    const isOut = category === 'withdrawal' || (category !== 'deposit' && isNegative);
    return { kind: 'cash', at: when, category, amount: isOut ? `-${amount}` : amount };
  });
const paid = fc.record({
  kind: fc.constant('dividend'),
  at,
  symbol: fc.constantFrom('ACME', 'AAPL'),
  amount: cents,
});

const rowsOf = fc
  .array(fc.oneof(trade, rounded, moved, paid), { minLength: 1, maxLength: 12 })
  .map((all) => all.map((one, place) => JSON.stringify({ ...one, reference: `r-${place}` })));
/** An export holds whole days. */
const step = fc.record({
  by: fc.constantFrom('import', 'approval'),
  days: fc.tuple(fc.nat(41), fc.nat(41)).map((both) => both.toSorted((a, b) => a - b)),
});
const firstDay = Date.UTC(2024, 0, 3);
const dayOfRow = (row: string): number =>
  (Date.parse(dayOf(instant(JSON.parse(row).at))) - firstDay) / 86_400_000;

describe('rows that are booked by imports and by approvals, in any order', () => {
  it('are each booked once, and come to what one import of all comes to', async () => {
    const property = fc.asyncProperty(
      rowsOf,
      fc.array(step, { minLength: 1, maxLength: 4 }),
      async (rows, steps) => {
        const { importing, approving, outcomes, breaks, names, stands } = await world();
        for (const { by, days } of steps) {
          const [from = 0, to = 0] = days;
          const some = rows.filter((row) => dayOfRow(row) >= from && dayOfRow(row) <= to);
          if (some.length === 0) continue;
          await (by === 'import' ? importing(some) : approving(some));
        }
        await approving(rows);
        deepEqual(new Set(await outcomes(rows)), new Set(['known']));
        await importing(rows);
        deepEqual(await breaks(rows), []);
        const all = await names();
        equal(new Set(all).size, all.length);
        const alone = await world();
        await alone.importing(rows);
        deepEqual(await stands(), await alone.stands());
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });
});
