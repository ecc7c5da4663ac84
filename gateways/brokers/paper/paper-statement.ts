import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerStatement, StatementLine } from '#commands/ports/broker-statement.ts';
import type { StatementSource } from '#commands/ports/statement-source.ts';
import type { AccountId, ExecutionId } from '#domain/ids.ts';
import { type Cash, zeroCash } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import { untold } from './journal.ts';
import { beginningOf, daysIn, linesOf } from './journal-files.ts';
import type { MadeFill } from './journal-lines.ts';

/** The paper broker has executed nothing in this folder. */
export class NoPaperRecord extends Error {
  override readonly name = 'NoPaperRecord';
  readonly code = 'no_paper_record';
}

// What is being reported at this moment is taken within milliseconds, where a server runs at all.
const settlingMs = 200;
const settlingMost = 5;

const settled = async (directory: string): Promise<void> => {
  for (let round = 0; round < settlingMost; round += 1) {
    if ((await untold(directory)).length === 0) return;
    await sleep(settlingMs);
  }
};

/** The commission is the account's own schedule's, not the broker's: none is stated. */
const notStated: Cash = zeroCash;

const lineOf = ({ fill }: MadeFill, row: number): StatementLine => ({
  kind: 'trade',
  row,
  at: fill.at,
  reference: fill.executionId,
  description: `order ${fill.orderId}`,
  symbol: fill.symbol,
  side: fill.side,
  quantity: fill.quantity,
  price: fill.price,
  commission: notStated,
});

type Span = { readonly from: Instant; readonly to: Instant | null };

/** Days are UTC, so text order is time order. */
const isAmong = (day: string, { from, to }: Span): boolean =>
  day >= from.slice(0, 10) && (to === null || day <= to.slice(0, 10));
const isWithin = (at: Instant, { from, to }: Span): boolean =>
  at >= from && (to === null || at <= to);

/** Each execution of an account once: one that was written again was never told as it was first. */
const madeWithin = async (
  directory: string,
  accountId: AccountId,
  span: Span,
): Promise<readonly MadeFill[]> => {
  const fills = new Map<ExecutionId, MadeFill>();
  for (const day of (await daysIn(directory)).filter((one) => isAmong(one, span))) {
    for await (const line of linesOf(directory, day)) {
      if (line.kind !== 'made' || line.made.accountId !== accountId) continue;
      if (isWithin(line.made.fill.at, span)) fills.set(line.made.fill.executionId, line.made);
    }
  }
  return [...fills.values()];
};

/**
 * What the paper broker's own journal says of an account: its executions, and neither cash nor holdings, which it
 * does not keep. Reads the files alone, so it can be asked beside a running server. Throws NoPaperRecord.
 */
export const createPaperStatements = (directory: string): StatementSource => ({
  name: 'paper',
  states: 'executions',
  statement: async (accountId, askedFrom, to): Promise<BrokerStatement> => {
    const begins = await beginningOf(directory);
    if (begins === undefined) {
      throw new NoPaperRecord(
        `The paper broker has no record in ${directory}: it begins when a server starts there.`,
      );
    }
    await settled(directory);
    const from = askedFrom === null || askedFrom < begins ? begins : askedFrom;
    const made = await madeWithin(directory, accountId, { from, to });
    return {
      source: 'paper',
      lines: made.map((one, index) => lineOf(one, index + 1)),
      positions: null,
      cash: null,
      from,
      to: to ?? made.at(-1)?.fill.at ?? from,
      problems: [],
    };
  },
});
