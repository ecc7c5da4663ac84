import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type AccountCommand, decide } from '#commands/commands.ts';
import type { AccountDecision } from '#commands/deciding.ts';
import type { Quotes } from '#commands/ports/quotes.ts';
import { decodeState, encodeState } from '#commands/state-codec.ts';
import {
  anyMove,
  anyPolicy,
  commandOf,
  type Move,
  newWorld,
  opening,
  quotesIn,
  type World,
} from '#tests/support/random-trading.ts';
import { larger, sum } from '../money.ts';
import type { AccountEvent } from './events.ts';
import { evolve, fold } from './evolve.ts';
import { accountFigures } from './figures.ts';
import type { AccountPolicy } from './policy.ts';
import { postingsOf } from './postings.ts';
import { type AccountState, heldBy, holdingOf, type OrderState, unopened } from './state.ts';

const live = new Set([
  'submitted',
  'accepted',
  'partially_filled',
  'pending_cancel',
  'pending_replace',
]);

/** One random run under way. `books` keeps every posting's sum per book, asset and unit, apart from the state. */
type Run = {
  readonly state: AccountState;
  readonly events: AccountEvent[];
  readonly world: World;
  readonly books: Map<string, bigint>;
  /** Orders that a split has restated: their fills no longer add up share by share. */
  readonly restated: Set<string>;
};

const newRun = (): Run => ({
  state: unopened(),
  events: [],
  world: newWorld(),
  books: new Map(),
  restated: new Set(),
});

const book = (run: Run, event: AccountEvent): void => {
  const sums = new Map<string, bigint>();
  for (const { asset, book: side, unit, amount } of postingsOf(event)) {
    sums.set(`${asset} ${unit}`, (sums.get(`${asset} ${unit}`) ?? 0n) + amount);
    const key = `${side} ${asset} ${unit}`;
    run.books.set(key, (run.books.get(key) ?? 0n) + amount);
  }
  for (const [unit, total] of sums)
    assert.equal(total, 0n, `${event.type} in ${unit} sums to zero`);
  if (event.type === 'OrderAdjusted') run.restated.add(event.orderId);
  if (event.type === 'OrderReplaced' && run.restated.has(event.orderId)) {
    run.restated.add(event.replacementId);
  }
};

const apply = (run: Run, events: readonly AccountEvent[]): void => {
  for (const event of events) {
    evolve(run.state, event);
    run.events.push(event);
    book(run, event);
  }
};

const cashAndShares = ({ state, books }: Run): void => {
  assert.equal(state.cash, books.get('account cash USD') ?? 0n, 'cash = sum of cash postings');
  for (const [symbol, { quantity }] of state.holdings) {
    const moved = books.get(`account shares ${symbol}`) ?? 0n;
    assert.equal(quantity, moved, `position in ${symbol} = sum of share postings`);
  }
};

type Traded = { readonly shares: bigint; readonly value: bigint; readonly commission: bigint };
const nothingTraded: Traded = { shares: 0n, value: 0n, commission: 0n };

const tradedByOrder = ({ state }: Run): ReadonlyMap<string, Traded> => {
  const traded = new Map<string, Traded>();
  for (const fill of state.executions.values()) {
    if (fill.orderId === null || fill.standing !== 'booked') continue;
    const sum = traded.get(fill.orderId) ?? nothingTraded;
    traded.set(fill.orderId, {
      shares: sum.shares + fill.quantity,
      value: sum.value + fill.quantity * fill.price,
      commission: sum.commission + fill.commission,
    });
  }
  return traded;
};

/** filled + taken back + left = quantity, and what is left is what is reserved for. */
const whatIsLeft = (order: OrderState): void => {
  const { orderId, terms, status, reservation, replacement } = order;
  if (terms.quantity === null) return;
  const gone = order.filledQuantity + order.bustedQuantity;
  const left = terms.quantity - gone;
  assert.ok(left >= 0n, `${orderId}: filled + busted within the quantity`);
  if (status === 'filled') assert.equal(left, 0n, `${orderId} is filled: nothing is left`);
  if (!live.has(status)) return;
  assert.ok(left > 0n, `${orderId} is ${status}: something is left`);
  const reserved = reservation.closing + reservation.opening;
  assert.equal(reserved, left, `${orderId}: reserved = what is left`);
  const nextLeft = (replacement?.terms.quantity ?? 0n) - gone;
  if (replacement === null || nextLeft < 0n) return;
  const next = replacement.reservation.closing + replacement.reservation.opening;
  assert.equal(next, nextLeft, `${replacement.orderId}: reserved = what would be left`);
};

const progress = (run: Run): void => {
  const traded = tradedByOrder(run);
  for (const order of run.state.orders.values()) {
    const { filledQuantity, bustedQuantity, orderId } = order;
    const sum = traded.get(orderId) ?? nothingTraded;
    assert.equal(order.filledNotional, sum.value, `${orderId}: value = sum of its fills`);
    assert.equal(order.commission, sum.commission, `${orderId}: commission = sum of its fills`);
    if (!run.restated.has(orderId)) {
      assert.equal(filledQuantity, sum.shares, `${orderId}: filled = sum of its fills`);
    }
    assert.ok(filledQuantity >= 0n && bustedQuantity >= 0n, `${orderId}: nothing below zero`);
    whatIsLeft(order);
  }
};

const reservations = ({ state }: Run): void => {
  const closing = new Map<string, bigint>();
  let reserved = 0n;
  const alive: string[] = [];
  for (const { orderId, status, terms, reservation, replacement } of state.orders.values()) {
    if (!live.has(status)) continue;
    alive.push(orderId);
    const both = replacement === null ? [reservation] : [reservation, replacement.reservation];
    const cashes = both.map((one) => one.opening * one.cashPerShare + one.fixedCash);
    const shares = both.map((one) => one.closing as bigint);
    reserved += cashes.reduce((left, right) => larger(left, right));
    const key = `${terms.side} ${terms.symbol}`;
    const most = shares.reduce((left, right) => larger(left, right));
    closing.set(key, (closing.get(key) ?? 0n) + most);
  }
  assert.deepEqual([...state.liveOrders].sort(), alive.sort(), 'live orders are listed');
  assert.equal(state.reservedCash, reserved, 'reserved cash = what live orders keep aside');
  for (const [symbol, { closingBuys, closingSells }] of state.holdings) {
    assert.equal(closingSells, closing.get(`sell ${symbol}`) ?? 0n, `sells that close ${symbol}`);
    assert.equal(closingBuys, closing.get(`buy ${symbol}`) ?? 0n, `buys that close ${symbol}`);
  }
  if (alive.length === 0) assert.equal(state.reservedCash, 0n, 'no live order, nothing reserved');
};

const everything = [cashAndShares, progress, reservations];

/** Intentions that ask for money or shares of the account's own free will. */
const askers: ReadonlySet<AccountCommand['type']> = new Set([
  'SubmitOrder',
  'ReplaceOrder',
  'ClosePosition',
  'WithdrawCash',
  'CancelOrder',
  'CancelAllOrders',
]);
const reports: ReadonlySet<AccountCommand['type']> = new Set([
  'AcceptOrder',
  'RejectOrder',
  'TriggerOrder',
  'TrailStop',
  'ConfirmCancel',
  'RejectCancel',
  'ConfirmReplace',
  'RejectReplace',
  'ExpireOrder',
  'Fill',
  'BustFill',
  'CorrectFill',
]);

const availableIn = ({ state }: Run, quotes: Quotes, { at }: AccountCommand): bigint =>
  accountFigures(state, quotes.latest, at).available;

/** Symbols of which live sells may close more than is held. */
const oversold = ({ state }: Run): readonly string[] =>
  [...state.holdings]
    .filter(([, { quantity, closingSells }]) => closingSells > (quantity > 0n ? quantity : 0n))
    .map(([symbol]) => symbol);

/** Where a cash account's live sells could open a short. */
const nakedSells = ({ state }: Run): readonly string[] =>
  [...state.liveOrders].filter((id) => {
    const order = state.orders.get(id);
    return order?.terms.side === 'sell' && order.reservation.opening > 0n;
  });

/** A new or replacing order closes only what is held and not promised to the others. */
const promises = ({ state }: Run, event: AccountEvent): void => {
  if (event.type !== 'OrderSubmitted' && event.type !== 'OrderReplaceRequested') return;
  const { symbol, side } = event.terms;
  const others = [...state.liveOrders]
    .flatMap((id) => state.orders.get(id) ?? [])
    .filter(({ terms }) => terms.symbol === symbol && terms.side === side)
    .filter(({ orderId }) => orderId !== event.orderId)
    .map((order) => heldBy(order).closing);
  const held = holdingOf(state, symbol).quantity;
  const closable = side === 'sell' ? held : -held;
  const { closing } = event.reservation;
  assert.ok(
    closing === 0n || closing + sum(others) <= closable,
    `${event.type}: promised ${closing} of ${closable}, besides ${sum(others)}`,
  );
};

const saySame = (run: Run, command: AccountCommand, quotes: Quotes): void => {
  const before = encodeState(run.state);
  const again = decide(command, run.state, quotes);
  for (const { type } of again.events) {
    assert.ok(type === 'ReportDisputed', `said again, ${command.type} yields ${type}`);
  }
  fold(run.state, again.events);
  assert.equal(encodeState(run.state), before, `${command.type} said again changes nothing`);
};

/** An order of the largest size that was said to be possible, which is more than nothing. */
const isPossible = ({ kind, pick }: Move, command: AccountCommand): boolean =>
  kind === 'edge' &&
  pick % 4 < 2 &&
  command.type === 'SubmitOrder' &&
  (command.terms.quantity ?? 0n) > 0n;

const step = (run: Run, policy: AccountPolicy, move: Move): void => {
  const command = commandOf(run.world, run.state, move);
  if (command === null) return;
  const quotes = quotesIn(run.world);
  const availableBefore = availableIn(run, quotes, command);
  const oversoldBefore = oversold(run);
  const before = encodeState(run.state);
  const decision: AccountDecision = decide(command, run.state, quotes);
  assert.equal(encodeState(run.state), before, 'deciding changes nothing');
  apply(run, decision.events);
  for (const check of everything) check(run);
  if (reports.has(command.type)) {
    assert.equal(decision.kind, 'accepted', `${command.type} is a report: recorded or disputed`);
    saySame(run, command, quotes);
    return;
  }
  if (decision.kind === 'refused') {
    assert.equal(encodeState(run.state), before, 'a refusal moves nothing');
    if (isPossible(move, command)) {
      assert.equal(decision.refusal.code, 'account_suspended', 'the largest size is possible');
    }
    return;
  }
  if (askers.has(command.type) && availableBefore >= 0n) {
    assert.ok(availableIn(run, quotes, command) >= 0n, `${command.type} overdrew the account`);
  }
  if (policy.broker !== 'none') for (const event of decision.events) promises(run, event);
  if (policy.kind === 'cash') {
    assert.deepEqual(nakedSells(run), [], `${command.type}: a cash account sells what it holds`);
    if (command.type === 'SplitStock' && oversoldBefore.length > 0) return;
    const worse = oversold(run).filter((symbol) => !oversoldBefore.includes(symbol));
    assert.deepEqual(worse, [], `${command.type}: no share is promised twice`);
  }
};

/** Folding anew, and on from a snapshot taken anywhere, ends in the same state. */
const refold = (run: Run, cut: number): void => {
  assert.deepEqual(fold(unopened(), run.events), run.state);
  const at = cut % (run.events.length + 1);
  const snapshot = decodeState(encodeState(fold(unopened(), run.events.slice(0, at))));
  assert.deepEqual(fold(snapshot, run.events.slice(at)), run.state);
};

const anyMoves = fc.array(anyMove, { minLength: 10, maxLength: 120, size: 'max' });
const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 600);

describe('an account after any sequence of commands and reports', () => {
  it('keeps its books: sums, reservations, progress and replays all agree', () => {
    fc.assert(
      fc.property(anyPolicy, anyMoves, fc.nat(), (policy, moves, cut) => {
        const run = newRun();
        for (const command of opening(policy)) {
          apply(run, decide(command, run.state, quotesIn(run.world)).events);
        }
        for (const move of moves) step(run, policy, move);
        refold(run, cut);
      }),
      { numRuns },
    );
  });
});
