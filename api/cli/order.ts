import { eventInWords } from '#audit/look/event-words.ts';
import { type OrderStep, type OrderTimeline, orderTimeline } from '#audit/look/order-timeline.ts';
import { formatCash, formatQuantity } from '#domain/money.ts';
import type { FillRow, OrderRow } from '#projections/ports/queries.ts';
import { fillJson } from '../http/answers/fill.ts';
import { orderJson } from '../http/answers/order.ts';
import { aligned, named } from './aligned.ts';
import type { Command, ExitCode } from './command.ts';
import { flagOf, onlyPositional, orderIdOf } from './values.ts';
import type { WithLook } from './with-look.ts';

const help = `
  --json    one JSON object: order, fills and timeline

States, filled quantity and what is kept aside are those after each event, folded anew from the log; the order and
its fills are those of the read tables.

Exit codes: 0 fine, 1 the read tables say something else than the log, 2 it could not be done.

Examples:
  ledger order 7d8f3a52-90a5-4f39-9d1d-6b1c0b6f7a11
  ledger order 7d8f3a52-90a5-4f39-9d1d-6b1c0b6f7a11 --json | jq .timeline[].hash`;

const orderFacts = (row: OrderRow): readonly string[] => {
  const shown = orderJson(row);
  return named([
    ['order', shown.order_id],
    ['account', shown.account_id],
    ['client order id', shown.client_order_id],
    ['broker order id', shown.broker_order_id],
    ['what', `${shown.side} ${shown.quantity ?? `for ${shown.notional}`} ${shown.symbol}`],
    ['type', `${shown.order_type} ${shown.time_in_force}`],
    ['limit price', shown.limit_price],
    ['stop price', shown.trailed_stop_price ?? shown.stop_price],
    ['status', shown.status],
    ['reason', shown.reason],
    ['filled', `${shown.filled_quantity}, remaining ${shown.remaining_quantity ?? 'by notional'}`],
    ['average price', shown.avg_fill_price],
    ['commission', shown.commission],
    ['reserved', `${shown.reserved_cash} cash, ${shown.reserved_quantity} shares`],
    ['replaces', shown.replaces],
    ['replaced by', shown.replaced_by],
  ]);
};

const stepCells = ({ stored, after }: OrderStep): readonly string[] => [
  String(stored.sequence),
  stored.effectiveAt,
  stored.type,
  after?.status ?? '-',
  after === undefined ? '-' : formatQuantity(after.filledQuantity),
  after === undefined ? '-' : formatCash(after.reservedCash),
  after === undefined ? '-' : formatQuantity(after.reservedQuantity),
  stored.hash,
];
const stepColumns = [
  'sequence',
  'effective',
  'event',
  'status',
  'filled',
  'cash aside',
  'shares aside',
];

const fillCells = (row: FillRow): readonly string[] => {
  const shown = fillJson(row);
  return [
    String(row.createdSequence),
    row.executedAt,
    row.executionId,
    row.status,
    formatQuantity(row.quantity),
    String(shown.price),
    formatCash(row.value),
    formatCash(row.commission),
    row.venue,
  ];
};
const fillColumns = [
  'sequence',
  'executed',
  'execution',
  'status',
  'quantity',
  'price',
  'value',
  'commission',
];

const inLines = ({ row, steps }: OrderTimeline, fills: readonly FillRow[]): readonly string[] => [
  ...(row === undefined ? ['The read tables have not got to this order yet.'] : orderFacts(row)),
  '',
  ...aligned([...stepColumns, 'hash'], steps.map(stepCells), [
    'sequence',
    'filled',
    'cash aside',
    'shares aside',
  ]),
  ...steps.map(({ stored }) => `${stored.sequence}  ${eventInWords(stored)}`),
  ...(fills.length === 0 ? [] : ['']),
  ...(fills.length === 0
    ? []
    : aligned([...fillColumns, 'venue'], fills.map(fillCells), [
        'sequence',
        'quantity',
        'price',
        'value',
        'commission',
      ])),
];

const asJson = ({ accountId, row, steps, differences }: OrderTimeline, fills: readonly FillRow[]) =>
  JSON.stringify({
    account_id: accountId,
    order: row === undefined ? null : orderJson(row),
    fills: fills.map(fillJson),
    timeline: steps.map(({ stored, after }) => ({
      sequence: stored.sequence,
      type: stored.type,
      recorded_at: stored.recordedAt,
      effective_at: stored.effectiveAt,
      status: after?.status ?? null,
      filled_quantity: after === undefined ? null : formatQuantity(after.filledQuantity),
      reserved_cash: after === undefined ? null : formatCash(after.reservedCash),
      reserved_quantity: after === undefined ? null : formatQuantity(after.reservedQuantity),
      hash: stored.hash,
      event: JSON.parse(stored.body),
    })),
    differences,
  });

/** `ledger order`: an order's life, event by event. */
export const orderCommand = (withLook: WithLook): Command => ({
  name: 'order',
  summary: "Shows an order's timeline: states, reservations, fills, the hash of each event.",
  usage: 'ORDER_ID [--json]',
  help,
  options: { json: { type: 'boolean' } },
  run: (asked, { out, tell }): Promise<ExitCode> => {
    const id = orderIdOf(onlyPositional(asked, 'order'));
    return withLook(async (snapshot): Promise<ExitCode> => {
      const timeline = await orderTimeline(snapshot, id);
      if (timeline === undefined) throw new Error(`There is no order ${id}.`);
      const fills = await snapshot.live.orderFills(id);
      if (flagOf(asked, 'json')) out(asJson(timeline, fills));
      else for (const line of inLines(timeline, fills)) out(line);
      const { differences } = timeline;
      if (differences.length === 0) return 0;
      tell(`ledger: the read tables differ from the log in ${differences.join(', ')}.`);
      return 1;
    });
  },
});
