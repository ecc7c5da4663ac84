import { NoSuchPast, type Point, parsePoint, type View } from '#audit/as-of/view.ts';
import type { AccountId } from '#domain/ids.ts';
import { formatCash, formatPrice, formatQuantity } from '#domain/money.ts';
import type { Stored } from '#projections/ports/columns.ts';
import type { OrderRow, PositionRow } from '#projections/ports/queries.ts';
import { aligned } from './aligned.ts';
import type { Asked, Command } from './command.ts';
import { UsageError } from './command-line.ts';
import { accountNamed, behindLines, notThere, type PastView, pastView } from './past-look.ts';
import { flagOf, noPositionals, textOf } from './values.ts';
import type { WithLook } from './with-look.ts';

/** The id or the number of the account that is asked for. Throws UsageError. */
export const askedName = (asked: Asked): string => {
  const name = textOf(asked, 'account');
  if (name === undefined) throw new UsageError('Which account? --account ID|NUMBER');
  return name;
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

/** Whether any past is asked for. */
export const isAboutPast = ({ asOf, known }: View): boolean => asOf !== null || known !== null;

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
Without either time: as of the end of the log; what has settled is judged by the market's clock (the newest mark) or the
account's last event, whichever is later. ID is an account's id or its number.`;

const exitCodes = 'Exit codes: 0 done, 2 could not run.';

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

const positionOf = (row: PositionRow): Row => ({
  symbol: row.symbol,
  quantity: formatQuantity(row.quantity),
  avg_cost: formatPrice(row.averageCost),
  total_cost: formatCash(row.cost),
  current_price: formatPrice(row.currentPrice),
  market_value: formatCash(row.marketValue),
  unrealized_pnl: formatCash(row.unrealizedPnl),
  realized_pnl: formatCash(row.realizedPnl),
  opened_at: row.openedAt,
});

const orderOf = (order: OrderRow): Row => ({
  order_id: order.orderId,
  symbol: order.symbol,
  side: order.side,
  type: order.type,
  quantity: order.quantity === null ? null : formatQuantity(order.quantity),
  status: order.status,
  filled_quantity: formatQuantity(order.filledQuantity),
  avg_fill_price: order.averageFillPrice === null ? null : formatPrice(order.averageFillPrice),
  reserved_cash: formatCash(order.reservedCash),
  submitted_at: order.submittedAt,
  sequence: order.sequence,
});

type Answering = (view: PastView, accountId: AccountId) => Promise<Answer | undefined>;

const positionsOf: Answering = async ({ queries }, accountId) => {
  const rows = await queries.listPositions(accountId);
  return { name: 'positions', empty: 'Nothing was held.', rows: rows.map(positionOf) };
};

const portfolioAnswer: Answering = async ({ queries }, accountId) => {
  const account = await queries.getAccount(accountId);
  if (account === undefined) return undefined;
  const row = {
    account_number: account.accountNumber,
    status: account.status,
    cash: formatCash(account.cash),
    reserved: formatCash(account.reserved),
    unsettled: formatCash(account.unsettled),
    positions_value: formatCash(account.positionsValue),
    equity: formatCash(account.equity),
    margin_used: formatCash(account.marginUsed),
    buying_power: formatCash(account.buyingPower),
    realized_pnl: formatCash(account.realizedPnl),
    unrealized_pnl: formatCash(account.unrealizedPnl),
    commission: formatCash(account.commission),
    net_deposits: formatCash(account.netDeposits),
    sequence: account.sequence,
  };
  return { name: 'portfolio', rows: [row], empty: '' };
};

const pageSize = 500;

const ordersOf: Answering = async ({ queries }, accountId) => {
  const rows: Row[] = [];
  let cursor: number | undefined;
  do {
    const asked = { accountId, limit: pageSize, direction: 'asc', cursor } as const;
    const page = await queries.listOrders(asked);
    rows.push(...page.rows.map(orderOf));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return { name: 'orders', empty: 'There were no orders.', rows };
};

const jsonOf = (accountId: AccountId, { name, rows }: Answer): string =>
  JSON.stringify({ account_id: accountId, [name]: name === 'portfolio' ? rows[0] : rows });

const textLines = ({ rows, empty }: Answer): readonly string[] =>
  rows.length === 0 ? [empty] : inColumns(rows);

const answer =
  (withLook: WithLook, answering: Answering): Command['run'] =>
  async (asked, { out, tell }, signal) => {
    noPositionals(asked);
    const name = askedName(asked);
    const wanted = viewOf(asked);
    try {
      await withLook(async (look) => {
        const accountId = await accountNamed(look, name);
        const view = await pastView(look, accountId, wanted, signal);
        const isThere = (await view.queries.getAccount(accountId)) !== undefined;
        const answered = isThere ? await answering(view, accountId) : undefined;
        if (answered === undefined) throw notThere(name);
        const asJson = flagOf(asked, 'json');
        const found = asJson ? [jsonOf(accountId, answered)] : textLines(answered);
        for (const line of found) out(line);
        for (const line of behindLines(view)) tell(line);
      });
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
  usage: viewUsage.replace('--account ID', '--account ID|NUMBER'),
  help: `${summary}

${viewHelp}
${exitCodes}

Examples:
  ledger ${name} --account DEMO-1
  ledger ${name} --account DEMO-1 --as-of 2014-01-03T21:00:00Z
  ledger ${name} --account 00000000-0000-4000-8000-000000000001 --known 120 --json`,
  options: viewOptions,
  run,
});

/** `ledger positions`: what an account held, at the marks of then. */
export const positionsCommand = (withLook: WithLook): Command =>
  commandNamed(
    'positions',
    'Open positions of an account, now or as of any time.',
    answer(withLook, positionsOf),
  );

/** `ledger portfolio`: an account's cash, equity and buying power. */
export const portfolioCommand = (withLook: WithLook): Command =>
  commandNamed(
    'portfolio',
    'Cash, equity, buying power and P&L of an account, now or as of any time.',
    answer(withLook, portfolioAnswer),
  );

/** `ledger orders`: every order of an account and where it stood. */
export const ordersCommand = (withLook: WithLook): Command =>
  commandNamed(
    'orders',
    'Orders of an account and where they stand, now or as of any time.',
    answer(withLook, ordersOf),
  );
