import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { foldLedger } from '#projections/fold.ts';
import { holdingKey } from '#projections/keys.ts';
import { costRules } from '#projections/ports/rules.ts';
import { createTables, type Tables } from '#projections/tables.ts';
import { randomHistory } from '../support/account-histories.ts';

const folded = (log: readonly RecordedEvent[]) =>
  costRules.map((cost) => foldLedger(log, createTables(true, { cost })));

const anyLog = fc
  .record({ seed: fc.nat(1_000_000), events: fc.integer({ min: 1, max: 400 }) })
  .map((settings) => randomHistory({ ...settings, accounts: 2, symbols: 2, rare: true }));

/** What all trades of a holding have brought in cash, before commission. */
const cashOf = (tables: Tables, key: string): bigint => {
  let cash = 0n;
  for (const { status, side, value } of tables.orderFills.group(key)) {
    if (status === 'booked' || status === 'corrected') cash += side === 'buy' ? -value : value;
  }
  for (const { cashInLieu } of tables.stockSplits.group(key)) cash += cashInLieu;
  return cash;
};

describe('a holding under any cost rule', () => {
  it('has realized what its trades have brought, and what is left of the cost', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        for (const tables of folded(log)) {
          for (const {
            accountId,
            symbol,
            cost,
            realizedPnlLifetime,
          } of tables.positions.values()) {
            const brought = cashOf(tables, holdingKey(accountId, symbol));
            equal(realizedPnlLifetime - cost, brought);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('costs what its open lots do, unless it is at average', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        for (const [index, tables] of folded(log).entries()) {
          for (const { accountId, symbol, ...position } of tables.positions.values()) {
            const lots = tables.lots.group(holdingKey(accountId, symbol));
            const [quantity, cost] = lots.reduce(
              ([held, paid], lot) => [held + lot.quantity, paid + lot.cost],
              [0n, 0n],
            );
            equal(quantity, position.quantity);
            if (costRules[index] !== 'average') equal(cost, position.cost);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has realized the same under all of them when it is flat', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const [average, ...others] = folded(log).map((tables) =>
          [...tables.positions.values()]
            .filter(({ quantity }) => quantity === 0n)
            .map(({ accountId, symbol, realizedPnlLifetime, commissionLifetime }) =>
              [accountId, symbol, realizedPnlLifetime, commissionLifetime].map(String),
            ),
        );
        for (const other of others) deepEqual(other, average);
      }),
      { numRuns: 60 },
    );
  });
});
