import type { AccountCommand } from '#commands/commands.ts';
import type { Handled } from '#commands/ledger.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import type { AccountId, Actor, ExecutionId, Symbol as Ticker } from '#domain/ids.ts';
import {
  absolute,
  type Cash,
  cash,
  type Price,
  perShare,
  type Quantity,
  zeroCash,
} from '#domain/money.ts';
import { fromMilliseconds, type Instant, instant, toMilliseconds } from '#domain/time.ts';
import type { AccountRecord } from '#projections/accounts/table.ts';
import type { PositionRecord } from '#projections/positions/table.ts';
import { createWorld, type World } from './world.ts';

export const accountId = '0192d4b6-0000-7000-8000-0000000021b2' as AccountId;

/** One account that lives through a vector, told everything by public commands. */
export type VectorAccount = {
  readonly world: World;
  /** The time of the next event: `ts` where it has one, a minute after the last where it has none. */
  readonly advance: (ts: string | null) => Instant;
  readonly now: () => Instant;
  readonly tell: (command: AccountCommand) => Promise<Handled>;
  /** Projects what the commands recorded. */
  readonly catchUp: World['catchUp'];
  readonly nextExecution: () => ExecutionId;
  readonly row: () => AccountRecord;
  readonly position: (symbol: Ticker) => PositionRecord | undefined;
};

const minute = 60_000;
const firstInstant = instant('1990-01-02T15:00:00Z');

const instantOf = (ts: string): Instant => {
  if (/^\d{4}-\d{2}-\d{2}$/.test(ts)) return instant(`${ts}T15:00:00Z`);
  return instant(/(Z|[+-]\d{2}:\d{2})$/.test(ts) ? ts : `${ts}Z`);
};

/** Fees are given with each fill; currencies are numbers here: the ledger knows one. */
const policyOf = (settlementDays: number): AccountPolicy => ({
  kind: 'margin',
  currency: 'USD',
  commission: { kind: 'fixed', amount: zeroCash },
  limits: { positionNotional: null, leverage: null, orderNotional: null },
  settlementDays,
  broker: 'none',
});

/** Opens the account. Before the first event it has neither cash nor positions. */
export const openVectorAccount = async (settlementDays: number): Promise<VectorAccount> => {
  // A vector's market is its own fills and marks: the ledger falls back on the last fill where there is no quote.
  const world = createWorld({ latest: () => undefined });
  let at = firstInstant;
  let executions = 0;
  const account: VectorAccount = {
    world,
    now: () => at,
    advance: (ts) => {
      const next = ts === null ? fromMilliseconds(toMilliseconds(at) + minute) : instantOf(ts);
      // Several events of one date keep their order.
      at = ts !== null && next === at ? fromMilliseconds(toMilliseconds(at) + minute) : next;
      return at;
    },
    tell: (command) =>
      world.ledger.handle({ accountId, actor: 'oracle' as Actor, key: null }, command),
    catchUp: world.catchUp,
    nextExecution: () => {
      executions += 1;
      return `execution-${executions}` as ExecutionId;
    },
    row: () => {
      const row = world.tables.accounts.get(accountId);
      if (row === undefined) throw new Error('the account was not opened');
      return row;
    },
    position: (symbol) => world.tables.positions.get(`${accountId}/${symbol}`),
  };
  await account.tell({
    type: 'OpenAccount',
    accountId,
    accountNumber: 'VECTOR-1',
    userId: null,
    policy: policyOf(settlementDays),
    at,
  });
  await account.catchUp();
  return account;
};

/** Cash that arrives or leaves; nothing for zero. Negative amounts are withdrawn, and may be refused. */
export const moveCash = async (account: VectorAccount, amount: Cash): Promise<Handled | null> => {
  if (amount === 0n) return null;
  const type = amount > 0n ? 'DepositCash' : 'WithdrawCash';
  const movement = { description: 'vector', externalReference: null, at: account.now() };
  return account.tell({ type, amount: absolute(amount), ...movement });
};

/** Books a difference that is no trade, fee or transfer. */
export const adjustCash = async (
  account: VectorAccount,
  amount: Cash,
  reason: string,
): Promise<void> => {
  if (amount === 0n) return;
  const movement = { description: reason, externalReference: null, at: account.now() };
  await account.tell({ type: 'AdjustCash', amount, reason, ...movement });
};

/** An execution made outside: reports are never refused, so no vector fails for want of buying power. */
export const trade = (
  account: VectorAccount,
  symbol: Ticker,
  signed: Quantity,
  { price, commission = cash('0') }: { readonly price: Price; readonly commission?: Cash },
): Promise<Handled> =>
  account.tell({
    type: 'Fill',
    executionId: account.nextExecution(),
    orderId: null,
    symbol,
    side: signed < 0n ? 'sell' : 'buy',
    quantity: absolute(signed),
    price,
    commission,
    liquidity: 'unknown',
    venue: 'vector',
    at: account.now(),
  });

/** What a held share cost on average, to nine decimals. */
export const averageOf = (position: PositionRecord): Price =>
  perShare(absolute(position.cost), absolute(position.quantity));
