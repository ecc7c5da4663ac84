import { accountAsOf } from '#audit/as-of/account-history.ts';
import { openPositions, portfolioOf } from '#audit/as-of/valuation.ts';
import { instantOf, NoSuchPast, type Point, parsePoint, type View } from '#audit/as-of/view.ts';
import type { AccountId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { formatCash, formatPrice, formatQuantity, perShare } from '#domain/money.ts';
import type { Instant } from '#domain/time.ts';
import type { Stored } from '#projections/ports/columns.ts';
import type { Tables } from '#projections/tables.ts';
import { aligned } from './aligned.ts';
import type { Asked, Command } from './command.ts';
import { UsageError } from './command-line.ts';
import { accountIdOf, flagOf, noPositionals, textOf } from './values.ts';
import type { WithSnapshot } from './with-snapshot.ts';

/** Whose figures are asked for. Throws UsageError. */
export const askedAccount = (asked: Asked): AccountId => {
  const id = textOf(asked, 'account');
  if (id === undefined) throw new UsageError('Which account? --account ID');
  return accountIdOf(id);
};

const pointOf = (asked: Asked, name: string): Point | null => {
  const given = textOf(asked, name);
  if (given === undefined) return null;
  const point = parsePoint(given);
  const isPlace = point?.kind === 'instant' || (point !== undefined && point.sequence > 0);
  if (isPlace) return point;
  throw new UsageError(
    `--${name} needs an instant such as 2014-01-03T21:00:00Z or a sequence such as 120, not ${given}.`,
  );
};

/** The past that is asked for. Throws UsageError. */
export const viewOf = (asked: Asked): View => ({
  asOf: pointOf(asked, 'as-of'),
  known: pointOf(asked, 'known'),
});

export const viewOptions = {
  account: { type: 'string' },
  'as-of': { type: 'string' },
  known: { type: 'string' },
  json: { type: 'boolean' },
} as const;

export const viewUsage =
  '--account ID [--as-of INSTANT|SEQUENCE] [--known INSTANT|SEQUENCE] [--json]';

export const viewHelp = `  --account ID                  whose
  --as-of INSTANT|SEQUENCE      what was true then: late fills count from their execution on, busted ones never,
                                corrected ones with the corrected figures; a sequence stands for when that event took effect
  --known INSTANT|SEQUENCE      what the ledger knew then: nothing that was recorded later; alone, what the read tables said
  --json                        for programs: one object, decimals as strings
Without either time: as of the end of the log. Exit codes: 0 done, 2 could not run.`;

type Row = Readonly<Record<string, Stored>>;
type Answer = { readonly name: string; readonly rows: readonly Row[]; readonly empty: string };

const cellOf = (value: Stored | undefined): string =>
  value === null || value === undefined ? '-' : String(value);

/** Rows in columns under their names; those named in `numbers` are set to the right. */
export const inColumns = (
  rows: readonly Row[],
  numbers: readonly string[] = [],
): readonly string[] => {
  const names = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => names.map((name) => cellOf(row[name])));
  return aligned(names, cells, numbers);
};

const positionsOf = (tables: Tables, accountId: AccountId): Answer => ({
  name: 'positions',
  empty: 'Nothing was held.',
  rows: openPositions(tables, accountId).map(({ position, price, marketValue, unrealized }) => ({
    symbol: position.symbol,
    quantity: formatQuantity(position.quantity),
    avg_cost: formatPrice(perShare(position.cost, position.quantity)),
    total_cost: formatCash(position.cost),
    current_price: formatPrice(price),
    market_value: formatCash(marketValue),
    unrealized_pnl: formatCash(unrealized),
    realized_pnl: position.cycle === null ? '0' : formatCash(position.cycle.realized),
    opened_at: position.cycle?.openedAt ?? null,
  })),
});

const portfolioAnswer = (tables: Tables, accountId: AccountId, at: Instant): Answer => {
  const account = tables.accounts.get(accountId);
  invariant(account !== undefined, 'the account is in its own tables');
  const figures = portfolioOf(tables, account, at);
  const row = {
    account_number: account.accountNumber,
    status: account.status,
    cash: formatCash(account.cash),
    reserved: formatCash(account.reserved),
    unsettled: formatCash(figures.unsettled),
    positions_value: formatCash(figures.positionsValue),
    equity: formatCash(figures.equity),
    margin_used: formatCash(figures.marginUsed),
    buying_power: formatCash(figures.buyingPower),
    realized_pnl: formatCash(account.realizedPnl),
    unrealized_pnl: formatCash(figures.unrealized),
    commission: formatCash(account.commission),
    net_deposits: formatCash(account.netDeposits),
    sequence: account.sequence,
  };
  return { name: 'portfolio', rows: [row], empty: '' };
};

const ordersOf = (tables: Tables): Answer => ({
  name: 'orders',
  empty: 'There were no orders.',
  rows: [...tables.orders.values()].map((order) => ({
    order_id: order.orderId,
    symbol: order.symbol,
    side: order.side,
    type: order.type,
    quantity: order.quantity === null ? null : formatQuantity(order.quantity),
    status: order.status,
    filled_quantity: formatQuantity(order.filledQuantity),
    avg_fill_price:
      order.filledQuantity === 0n
        ? null
        : formatPrice(perShare(order.filledValue, order.filledQuantity)),
    reserved_cash: formatCash(order.reservedCash),
    submitted_at: order.submittedAt,
    sequence: order.sequence,
  })),
});

type Answering = (tables: Tables, accountId: AccountId, at: Instant) => Answer;

/** `now`: the market's time, which decides what has settled where no time is given. */
type Needs = { readonly withSnapshot: WithSnapshot; readonly now: () => Instant };

const jsonOf = (accountId: AccountId, { name, rows }: Answer): string =>
  JSON.stringify({ account_id: accountId, [name]: name === 'portfolio' ? rows[0] : rows });

const textLines = ({ rows, empty }: Answer): readonly string[] =>
  rows.length === 0 ? [empty] : inColumns(rows);

const answer =
  ({ withSnapshot, now }: Needs, answering: Answering): Command['run'] =>
  async (asked, { out, tell }, signal) => {
    noPositionals(asked);
    const accountId = askedAccount(asked);
    const view = viewOf(asked);
    try {
      const answered = await withSnapshot(async ({ log }) => {
        const at = await instantOf(log, view, now());
        const stopped = () => signal.throwIfAborted();
        return answering(await accountAsOf(log, accountId, view, stopped), accountId, at);
      });
      const asJson = flagOf(asked, 'json');
      const found = asJson ? [jsonOf(accountId, answered)] : textLines(answered);
      for (const line of found) out(line);
      return 0;
    } catch (error) {
      if (!(error instanceof NoSuchPast)) throw error;
      tell(error.message);
      return 2;
    }
  };

const commandNamed = (name: string, summary: string, run: Command['run']): Command => ({
  name,
  summary,
  usage: viewUsage,
  help: `${summary}

${viewHelp}

Examples:
  ledger ${name} --account 00000000-0000-4000-8000-000000000001
  ledger ${name} --account 00000000-0000-4000-8000-000000000001 --as-of 2014-01-03T21:00:00Z
  ledger ${name} --account 00000000-0000-4000-8000-000000000001 --known 120 --json`,
  options: viewOptions,
  run,
});

/** `ledger positions`: what an account held, at the marks of then. */
export const positionsCommand = (withSnapshot: WithSnapshot, now: () => Instant): Command =>
  commandNamed(
    'positions',
    'Open positions of an account, now or as of any time.',
    answer({ withSnapshot, now }, positionsOf),
  );

/** `ledger portfolio`: an account's cash, equity and buying power. */
export const portfolioCommand = (withSnapshot: WithSnapshot, now: () => Instant): Command =>
  commandNamed(
    'portfolio',
    'Cash, equity, buying power and P&L of an account, now or as of any time.',
    answer({ withSnapshot, now }, portfolioAnswer),
  );

/** `ledger orders`: every order of an account and where it stood. */
export const ordersCommand = (withSnapshot: WithSnapshot, now: () => Instant): Command =>
  commandNamed(
    'orders',
    'Orders of an account and where they stand, now or as of any time.',
    answer({ withSnapshot, now }, ordersOf),
  );
