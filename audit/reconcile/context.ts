import { hash } from 'node:crypto';
import type { BrokerStatement } from '#commands/ports/broker-statement.ts';
import type { AccountId, BreakId, ExecutionId, Symbol as Ticker } from '#domain/ids.ts';
import type { Ratio } from '#domain/market/split-ratio.ts';
import { proportion, type Quantity } from '#domain/money.ts';
import type { BreakType } from '#domain/reconciliation/break-types.ts';
import type { Break } from '#domain/reconciliation/events.ts';
import type { Period } from '#domain/reconciliation/period.ts';
import type { Instant } from '#domain/time.ts';
import type { OurBooks } from './books.ts';
import type { SplitRow } from './match-splits.ts';

/** A split of a statement, with its ratio where that can be told. */
export type TheirSplit = { readonly line: SplitRow; readonly ratio: Ratio | null };

/** What a source's statements speak of: executions alone, without fees, or everything in the account. */
export type StatementScope = 'executions' | 'everything';

/** What the breaks of one comparison are made with. */
export type Context = {
  readonly accountId: AccountId;
  readonly statement: BrokerStatement;
  readonly books: OurBooks;
  readonly period: Period;
  readonly bookedIds: ReadonlySet<ExecutionId>;
  readonly statesFees: boolean;
  /** All of them. */
  readonly theirSplits: readonly TheirSplit[];
  /** Those that our books have in the shares of older trades instead. */
  readonly absorbed: ReadonlySet<SplitRow>;
};

/** What the parts that make a difference this one and no other come to: the same tomorrow, and from other rows of the same thing. */
export const breakIdOf = (
  accountId: AccountId,
  kind: BreakType,
  subject: readonly (string | bigint | null)[],
): BreakId => {
  const parts = [accountId, kind, ...subject.map((part) => (part === null ? null : `${part}`))];
  return hash('sha256', JSON.stringify(parts)).slice(0, 20) as BreakId;
};

/** A break from what it is, with the id that its subject gives it. */
export const breakOf = (
  { accountId }: Context,
  subject: readonly (string | bigint | null)[],
  found: Omit<Break, 'breakId'>,
): Break => ({ breakId: breakIdOf(accountId, found.kind, subject), ...found });

/** Why nothing of ours that a statement does not have is to be taken back: it may be in a row that could not be read; null where all were. */
export const whyKept = ({ statement: { problems } }: Context): string | null =>
  problems.length === 0
    ? null
    : `Rows of the statement could not be read (${problems.length}), and one of them may be this: a person has to look.`;

/** What shares of `at` have become by the end of the statement, as the statement tells the splits. */
export const afterSplits = (
  { theirSplits, absorbed }: Context,
  symbol: Ticker,
  at: Instant,
  shares: bigint,
): Quantity =>
  theirSplits
    .filter(({ line }) => line.symbol === symbol && line.at > at && !absorbed.has(line))
    .reduce(
      (held, { ratio }) =>
        ratio === null ? held : proportion(held, ratio.newShares, ratio.oldShares),
      shares as Quantity,
    );

/** Whether either side split the symbol after `at`: shares of then and now are not alike. */
export const splitSince = ({ theirSplits, books }: Context, symbol: Ticker, at: Instant): boolean =>
  [...theirSplits.map(({ line }) => line), ...books.splits].some(
    (split) => split.symbol === symbol && split.at > at,
  );
