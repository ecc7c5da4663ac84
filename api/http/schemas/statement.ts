import { z } from 'zod';
import {
  type BrokerStatement,
  cashCategories,
  type StatementLine,
} from '#commands/ports/broker-statement.ts';
import { zeroCash } from '#domain/money.ts';
import { sides } from '#domain/order/terms.ts';
import type { Instant } from '#domain/time.ts';
import { maybe, oneOf, otherwise, text, truth, wholeNumber } from './field.ts';
import { cash, price, quantity } from './money.ts';
import { accountId, executionId, moment, symbol, tradeTime } from './names.ts';

/** Rows of one request: more are too many for a body, and are read from a file by `ledger reconcile`. */
const linesMax = 5_000;

const row = { reference: text(1, 128), description: otherwise(text(0, 500), '') };
const shares = wholeNumber(1, 1_000_000);
const kind = <Word extends string>(word: Word) => z.literal(word);

const line = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: kind('trade'),
    ...row,
    // It becomes an execution id, by which the fill can be busted and corrected.
    reference: executionId,
    at: tradeTime,
    symbol,
    side: oneOf(sides),
    quantity: quantity(),
    price: price(),
    commission: otherwise(cash('not_negative'), zeroCash),
  }),
  z.strictObject({
    kind: kind('cash'),
    ...row,
    at: moment,
    category: oneOf(cashCategories),
    amount: cash('not_zero'),
  }),
  z.strictObject({
    kind: kind('dividend'),
    ...row,
    at: moment,
    symbol,
    amount: cash('not_zero'),
    quantity: maybe(quantity('not_zero')),
    per_share: maybe(price()),
  }),
  z.strictObject({
    kind: kind('split'),
    ...row,
    at: moment,
    symbol,
    new_shares: shares,
    old_shares: shares,
  }),
]);

const statement = z
  .strictObject({
    source: text(1, 64),
    from: maybe(moment),
    to: maybe(moment),
    cash: maybe(cash('any')),
    positions: maybe(z.array(z.strictObject({ symbol, quantity: quantity('any') }))),
    lines: z.array(line).max(linesMax),
  })
  .superRefine(({ from, to, positions }, context) => {
    if (from !== null && to !== null && from > to) {
      const message = 'must not be after `to`';
      context.addIssue({
        code: 'custom',
        path: ['from'],
        message,
        params: { code: 'out_of_range' },
      });
    }
    const seen = new Set<string>();
    for (const [index, { symbol: held }] of (positions ?? []).entries()) {
      if (seen.has(held)) {
        const message = `names ${held} a second time`;
        const path = ['positions', index, 'symbol'];
        context.addIssue({ code: 'custom', path, message, params: { code: 'repeated' } });
      }
      seen.add(held);
    }
  });

type Line = z.output<typeof line>;

const lineOf = (one: Line, index: number): StatementLine => {
  const told = { reference: one.reference, description: one.description, at: one.at };
  const common = { row: index + 1, ...told };
  switch (one.kind) {
    case 'dividend': {
      const { kind: name, amount, quantity: held, per_share: perShare } = one;
      return { kind: name, ...common, symbol: one.symbol, amount, quantity: held, perShare };
    }
    case 'split': {
      const newShares = BigInt(one.new_shares);
      const oldShares = BigInt(one.old_shares);
      return { kind: 'split', ...common, symbol: one.symbol, newShares, oldShares };
    }
    case 'trade':
    case 'cash':
      return { ...one, ...common };
  }
};

const endsOf = (lines: readonly StatementLine[]): readonly (Instant | null)[] => {
  const times = lines.map(({ at }) => at).sort();
  return [times[0] ?? null, times.at(-1) ?? null];
};

/** A broker's statement of an account; without `from` and `to` it speaks of the time from its first to its last line. */
export const statementBody = z
  .strictObject({
    account_id: accountId,
    statement,
    record: otherwise(truth(), false),
  })
  .transform(({ account_id, record, statement: told }) => {
    const lines = told.lines.map(lineOf);
    const [first, last] = endsOf(lines);
    const read: BrokerStatement = {
      source: told.source,
      lines,
      positions: told.positions,
      cash: told.cash,
      from: told.from ?? first ?? null,
      to: told.to ?? last ?? null,
      problems: [],
    };
    return { account_id, record, statement: read };
  });
