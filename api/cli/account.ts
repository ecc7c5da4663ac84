import { lastEvents } from '#audit/as-of/last-events.ts';
import type { View } from '#audit/as-of/view.ts';
import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import type { StoredEvent } from '#audit/ports/log-reader.ts';
import { accountStream } from '#domain/ids.ts';
import type { AccountRow, OrderRow, Page, PositionRow } from '#projections/ports/queries.ts';
import { accountJson } from '../http/answers/account.ts';
import { orderJson } from '../http/answers/order.ts';
import { positionJson } from '../http/answers/position.ts';
import { aligned, figures, named } from './aligned.ts';
import { isAboutPast, viewOf } from './as-of.ts';
import type { Command, ExitCode } from './command.ts';
import { eventLine } from './event-lines.ts';
import { accountNamed, marketClock, notThere, pastView } from './past-look.ts';
import { accountIdOf, countOf, flagOf, isUuid, onlyPositional } from './values.ts';
import type { WithLook } from './with-look.ts';

const openOrdersMost = 100;
const eventsUsual = 10;

const help = `
  --events N                    how many of its last events to show (default ${eventsUsual})
  --as-of INSTANT|SEQUENCE      what was true then, as far as it is known
  --known INSTANT|SEQUENCE      what the ledger knew then
  --json                        one JSON object: account, positions, open_orders, events

ACCOUNT is an account's id or its number. The figures are those of the read tables at the latest marks; what has
settled is judged by the market's clock (the newest mark) or the account's last event, whichever is later. As of the past they are those of then, at the marks of then, and
the events those that had happened or were known.

Exit codes: 0 fine, 2 it could not be done.

Examples:
  ledger account DEMO-1
  ledger account DEMO-1 --as-of 2014-06-10T21:00:00Z
  ledger account 00000000-0000-4000-8000-000000000001 --events 50 --json`;

type Shown = {
  readonly account: AccountRow;
  readonly positions: readonly PositionRow[];
  readonly orders: Page<OrderRow>;
  readonly events: readonly StoredEvent[];
  readonly checkpoint: number;
  readonly head: number;
};

const read = async (snapshot: LookSnapshot, name: string, most: number): Promise<Shown> => {
  const { live, log, tables } = snapshot;
  const id = isUuid(name) ? accountIdOf(name) : await live.accountIdOf(name);
  const { checkpoint } = await tables.live();
  const head = await log.head();
  const account =
    id === undefined ? undefined : await live.account(id, await marketClock(snapshot));
  if (account === undefined) {
    const behind =
      checkpoint < head ? ` The read tables are ${head - checkpoint} events behind.` : '';
    throw new Error(`There is no account ${name}.${behind}`);
  }
  const { accountId } = account;
  return {
    account,
    positions: await live.positions(accountId),
    orders: await live.openOrders(accountId, openOrdersMost),
    events: await live.lastEvents(accountStream(accountId), most),
    checkpoint,
    head,
  };
};

/** The same of a view of the past. */
const readPast = async (
  look: LookSnapshot,
  name: string,
  most: number,
  wanted: View,
  signal: AbortSignal,
): Promise<Shown> => {
  const accountId = await accountNamed(look, name);
  const view = await pastView(look, accountId, wanted, signal);
  const { queries, until, end, behind } = view;
  const account = await queries.getAccount(accountId);
  if (account === undefined) throw notThere(name);
  const open = { accountId, status: 'open', limit: openOrdersMost, direction: 'asc' } as const;
  return {
    account,
    positions: await queries.listPositions(accountId),
    orders: await queries.listOrders(open),
    events: await lastEvents(look, accountId, { until, end }, most),
    checkpoint: until,
    head: until + (behind ?? 0),
  };
};

const accountLines = (row: AccountRow): readonly string[] => {
  const shown = accountJson(row);
  const money = [
    'cash',
    'unsettled',
    'reserved',
    'buying_power',
    'positions_value',
    'equity',
    'margin_used',
    'maintenance_margin',
    'net_deposits',
    'realized_pnl',
    'unrealized_pnl',
    'commission',
    'dividends',
    'interest',
    'fees',
  ] as const;
  return [
    ...named([
      ['account', shown.account_number],
      ['id', shown.account_id],
      ['owner', shown.user_id],
      ['type', `${shown.account_type}, ${shown.currency}`],
      ['status', shown.status],
      ['reason', shown.status_reason],
      ['opened', shown.opened_at],
      ['closed', shown.closed_at],
      ['last activity', `${shown.last_activity_at} (event ${shown.sequence})`],
    ]),
    '',
    ...figures(money.map((name) => [name.replaceAll('_', ' '), shown[name]])),
  ];
};

const positionColumns = [
  'symbol',
  'quantity',
  'avg cost',
  'price',
  'value',
  'unrealized',
  'realized',
];
const positionCells = (row: PositionRow): readonly string[] => {
  const shown = positionJson(row);
  const { symbol, quantity, avg_cost, current_price, market_value } = shown;
  return [
    symbol,
    quantity,
    avg_cost,
    current_price,
    market_value,
    shown.unrealized_pnl,
    shown.realized_pnl_lifetime,
  ];
};

const orderColumns = [
  'order',
  'status',
  'side',
  'quantity',
  'filled',
  'symbol',
  'type',
  'cash aside',
];
const orderCells = (row: OrderRow): readonly string[] => {
  const shown = orderJson(row);
  return [
    shown.order_id,
    shown.status,
    shown.side,
    shown.quantity ?? `for ${shown.notional}`,
    shown.filled_quantity,
    shown.symbol,
    shown.order_type,
    shown.reserved_cash,
  ];
};

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines];

const inLines = ({ account, positions, orders, events, checkpoint, head }: Shown) => [
  ...accountLines(account),
  ...section(
    'Positions',
    positions.length === 0
      ? []
      : aligned(positionColumns, positions.map(positionCells), positionColumns.slice(1)),
  ),
  ...section(
    orders.next === null ? 'Open orders' : `Open orders (the first ${orders.rows.length})`,
    orders.rows.length === 0
      ? []
      : aligned(orderColumns, orders.rows.map(orderCells), ['quantity', 'filled', 'cash aside']),
  ),
  ...section('Last events', events.map(eventLine)),
  ...(checkpoint === head ? [] : ['', `The read tables are ${head - checkpoint} events behind.`]),
];

const asJson = ({ account, positions, orders, events, checkpoint, head }: Shown): string =>
  JSON.stringify({
    account: accountJson(account),
    positions: positions.map(positionJson),
    open_orders: orders.rows.map(orderJson),
    more_open_orders: orders.next !== null,
    events: events.map(({ sequence, hash, type, recordedAt, body }) => ({
      sequence,
      type,
      recorded_at: recordedAt,
      hash,
      body,
    })),
    checkpoint,
    head,
  });

/** `ledger account`: an account's figures, what it holds, what it has open, what happened last. */
export const accountCommand = (withLook: WithLook): Command => ({
  name: 'account',
  summary: "Shows an account's figures, positions, open orders and last events.",
  usage: 'ACCOUNT [--events N] [--as-of INSTANT|SEQUENCE] [--known INSTANT|SEQUENCE] [--json]',
  help,
  options: {
    events: { type: 'string' },
    'as-of': { type: 'string' },
    known: { type: 'string' },
    json: { type: 'boolean' },
  },
  run: async (asked, { out }, signal): Promise<ExitCode> => {
    const name = onlyPositional(asked, 'account');
    const most = countOf(asked, 'events') ?? eventsUsual;
    const view = viewOf(asked);
    const shown = await withLook((snapshot) =>
      isAboutPast(view) ? readPast(snapshot, name, most, view, signal) : read(snapshot, name, most),
    );
    if (flagOf(asked, 'json')) out(asJson(shown));
    else for (const line of inLines(shown)) out(line);
    return 0;
  },
});
