import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountFigures } from '#domain/account/figures.ts';
import { postingsOf } from '#domain/account/postings.ts';
import { type AccountState, holdingOf, remainingQuantity } from '#domain/account/state.ts';
import { cash, formatCash, formatQuantity, perShare, price, ratio } from '#domain/money.ts';
import { bookTrade, flat, type Position, type Trade } from '#domain/position/position.ts';
import { isAccountEvent } from '#domain/recorded-event.ts';
import {
  acceptance,
  accountOne,
  asCash,
  asPrice,
  asShares,
  cancel,
  canceled,
  close,
  deposit,
  fee,
  fill,
  noon,
  openAccount,
  orderId,
  quotesOf,
  submit,
  ticker,
  withdraw,
} from '#tests/support/makers.ts';
import {
  accountNumbered,
  ledgerOn,
  memoryStore,
  opened,
  wholeLog,
  withAppend,
} from '#tests/support/memory-ledger.ts';
import { openPaperBook } from '#tests/support/paper-book.ts';
import { having } from '#tests/support/specification.ts';

const cashAccount = openAccount({ kind: 'cash' });
const heldIn = (state: AccountState): string =>
  formatQuantity(holdingOf(state, ticker('ACME')).quantity);
const trade = (side: Trade['side'], shares: string, at: string): Trade => ({
  side,
  quantity: asShares(shares),
  price: price(at),
  commission: cash('0'),
  at: noon,
});
const position = (...trades: readonly Trade[]): Position =>
  trades.reduce((held, next) => bookTrade(held, next).position, flat);

/** What the replaced system got wrong with money and positions, each as the test that it would fail. */
describe('the replaced system’s defects in money and positions are not here', () => {
  it('#1 closing a position failed after its cash had moved', () => {
    const closing = [fill('x0', null, '100', '10'), close('o1'), acceptance('o1')];
    const { state } = having(cashAccount, ...closing).when(
      fill('x1', 'o1', '100', '12', { side: 'sell' }),
    );
    assert.equal(state.orders.get(orderId('o1'))?.status, 'filled');
    assert.equal(heldIn(state), '0');
    assert.equal(formatCash(state.cash), '200');
    const { finished } = bookTrade(position(trade('buy', '100', '10')), trade('sell', '100', '12'));
    assert.equal(finished?.reason, 'closed', 'the round trip is in the history');
    having(cashAccount, ...closing, fill('x1', 'o1', '100', '12', { side: 'sell' }))
      .when(submit('o2', { side: 'sell' }))
      .refuses('insufficient_quantity', { available: '0' });
  });

  it('#2 realized profit and loss had the wrong sign, for longs and for shorts', () => {
    const long = position(trade('buy', '10', '100'));
    const short = position(trade('sell', '10', '100'));
    assert.equal(formatCash(bookTrade(long, trade('sell', '10', '120')).realized), '200');
    assert.equal(formatCash(bookTrade(long, trade('sell', '10', '90')).realized), '-100');
    assert.equal(formatCash(bookTrade(short, trade('buy', '10', '90')).realized), '100');
    assert.equal(formatCash(bookTrade(short, trade('buy', '10', '120')).realized), '-200');
  });

  it('#3 making a position smaller realized nothing', () => {
    const booked = bookTrade(position(trade('buy', '10', '100')), trade('sell', '4', '110'));
    assert.equal(formatCash(booked.realized), '40');
    assert.equal(formatCash(booked.position.cycle?.realized ?? cash('0')), '40');
    assert.equal(formatCash(booked.position.cost), '600');
  });

  it('#4 a flip kept the old average', () => {
    const booked = bookTrade(position(trade('buy', '10', '100')), trade('sell', '25', '120'));
    assert.equal(formatCash(booked.realized), '200');
    assert.equal(formatQuantity(booked.position.quantity), '-15');
    assert.equal(perShare(booked.position.cost, booked.position.quantity), asPrice('120'));
  });

  it('#5 an order, its fill, the cash and the position were written one by one', async () => {
    const store = memoryStore();
    await ledgerOn({ store }).told(cashAccount, deposit('5000'), submit('o1', { limit: '10' }));
    const before = await wholeLog(store);
    const broken = withAppend(store, async () => {
      throw new Error('the connection broke');
    });
    await assert.rejects(ledgerOn({ store: broken }).tell(fill('x1', 'o1', '100', '10')));
    assert.deepEqual(await wholeLog(store), before, 'nothing of it is there');
    await ledgerOn({ store }).told(fill('x1', 'o1', '100', '10'));
    const added = (await wholeLog(store)).slice(before.length);
    assert.deepEqual(
      added.map(({ data }) => data.type),
      ['OrderFilled'],
      'one event is all of it',
    );
  });

  it('#6 a failure after the commit turned an executed order into a rejected one', async () => {
    const store = memoryStore();
    await ledgerOn({ store }).told(cashAccount, deposit('5000'), submit('o1', { limit: '10' }));
    let answers = 0;
    const forgetful = withAppend(store, async (requests, inner) => {
      const outcomes = await inner.append(requests);
      answers += 1;
      if (answers === 1) throw new Error('the answer was lost');
      return outcomes;
    });
    const ledger = ledgerOn({ store: forgetful });
    const report = fill('x1', 'o1', '100', '10');
    await assert.rejects(ledger.tell(report));
    await ledger.told(report);
    const seen = await ledger.inspect(accountOne, (state) => ({
      status: state.orders.get(orderId('o1'))?.status,
      held: heldIn(state),
      cash: formatCash(state.cash),
    }));
    assert.deepEqual(seen, { status: 'filled', held: '100', cash: '4000' });
  });

  it('#7 concurrent fills overwrote each other', async () => {
    const store = memoryStore();
    const ledgers = [ledgerOn({ store }), ledgerOn({ store })] as const;
    await ledgers[0].told(cashAccount, deposit('5000'));
    await Promise.all(
      Array.from({ length: 21 }, (_, n) =>
        ledgers[n % 2 === 0 ? 0 : 1].told(fill(`x${n}`, null, '1', '10')),
      ),
    );
    const fresh = ledgerOn({ store });
    assert.equal(await fresh.inspect(accountOne, heldIn), '21');
    assert.equal(await fresh.inspect(accountOne, ({ cash: left }) => formatCash(left)), '4790');
  });

  it('#8 buying power was never used up, and naked shorts needed no margin', () => {
    const big = { quantity: '9000', limit: '10' };
    const account = having(cashAccount, deposit('100000'), submit('o1', big));
    account
      .when(submit('o2', big))
      .refuses('insufficient_buying_power', { required: '90000', available: '10000' });
    having(openAccount(), deposit('1000'))
      .when(submit('o1', { side: 'sell', quantity: '9000' }))
      .refuses('insufficient_buying_power');
  });

  it('#9 floats rounded small commissions away', () => {
    const policy = openAccount({
      kind: 'cash',
      commission: { kind: 'basis_points', rate: ratio('1') },
    });
    const fills = Array.from({ length: 100 }, (_, n) => fill(`x${n}`, null, '10', '1'));
    const { cash: left } = having(policy, deposit('2000'), ...fills).state();
    assert.equal(formatCash(left), '999.9');
    const tenths = Array.from({ length: 10 }, () => deposit('0.1'));
    assert.equal(formatCash(having(cashAccount, ...tenths).state().cash), '1');
  });

  it('#10 a canceled order was filled all the same, and an accepted one could not be canceled', () => {
    const accepted = [
      cashAccount,
      deposit('5000'),
      submit('o1', { limit: '10' }),
      acceptance('o1'),
    ];
    having(...accepted)
      .when(cancel('o1'))
      .emits({ type: 'OrderCancelRequested' });
    const paper = openPaperBook();
    paper.submit('o1', { type: 'limit', limitPrice: price('9') });
    assert.deepEqual(paper.cancel('o1'), ['o1 canceled requested']);
    assert.deepEqual(paper.quotes('8'), [], 'the broker works it no more');
    const partly = having(...accepted, fill('x1', 'o1', '40', '10'));
    assert.equal(partly.state().orders.get(orderId('o1'))?.status, 'partially_filled');
    partly.when(cancel('o1')).emits({ type: 'OrderCancelRequested' });
  });

  it('#11 what remains of an order, its commission and its terms were not kept', () => {
    const commission = { kind: 'fixed', amount: cash('4.95') } as const;
    const terms = { limit: '10', timeInForce: 'gtc' } as const;
    const moves = [openAccount({ commission }), deposit('5000'), submit('o1', terms)];
    const order = having(...moves, acceptance('o1'), fill('x1', 'o1', '40', '10'))
      .state()
      .orders.get(orderId('o1'));
    assert.ok(order);
    assert.equal(remainingQuantity(order), asShares('60'));
    assert.equal(order.commission, asCash('4.95'));
    assert.equal(order.filledNotional, asCash('400'));
    assert.equal(order.terms.timeInForce, 'gtc');
    assert.equal(order.clientOrderId, 'client-o1');
    assert.equal(order.brokerOrderId, 'broker-o1');
    assert.equal(order.submittedAt, noon);
  });

  it('#12 orders at the broker were rejected here, and their fills never booked', () => {
    const live = having(openAccount(), deposit('5000'), submit('o1', { timeInForce: 'cls' }));
    live.when(acceptance('o1')).emits({ type: 'OrderAccepted', orderId: orderId('o1') });
    const { state } = having(
      openAccount(),
      deposit('5000'),
      submit('o1', { timeInForce: 'cls' }),
      acceptance('o1'),
    ).when(fill('x1', 'o1', '100', '10'));
    assert.equal(state.orders.size, 1, 'known by our own id, so it is not a second order');
    assert.equal(state.orders.get(orderId('o1'))?.terms.timeInForce, 'cls');
    assert.equal(heldIn(state), '100');
  });

  it('#13 a limit order without a price passed, and died later', () => {
    const account = having(cashAccount, deposit('5000'));
    account.when(submit('o1', { type: 'limit' })).refuses('invalid_order_terms');
    account.when(submit('o1', { type: 'stop' })).refuses('invalid_order_terms');
    account.when(submit('o1', { type: 'stop_limit', stop: '9' })).refuses('invalid_order_terms');
  });

  it('#14 cash moved in one account and shares in another', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store });
    const [one, other] = [accountNumbered(1), accountNumbered(2)];
    for (const id of [one, other]) {
      await ledger.tell(opened(cashAccount, id), null, id);
      await ledger.tell(deposit('5000'), null, id);
    }
    await ledger.tell(submit('o1', { limit: '10' }), null, one);
    await ledger.tell(fill('x1', 'o1', '100', '10'), null, other);
    const figures = (state: AccountState) => [formatCash(state.cash), heldIn(state)];
    assert.deepEqual(
      await ledger.inspect(other, figures),
      ['5000', '0'],
      'not its order: disputed',
    );
    await ledger.tell(fill('x1', 'o1', '100', '10'), null, one);
    assert.deepEqual(await ledger.inspect(one, figures), ['4000', '100']);
  });

  it('#15 a symbol in small letters opened a second position', () => {
    const account = having(cashAccount, deposit('5000'));
    account.when(submit('o1', { symbol: 'acme' })).refuses('unknown_symbol', { symbol: 'acme' });
  });

  it('#16 positions were never marked to market', () => {
    const state = having(openAccount(), deposit('5000'), fill('x1', null, '100', '10')).state();
    const at = (last: string) => {
      const quotes = quotesOf({ ACME: last });
      return accountFigures(state, quotes.latest, noon);
    };
    assert.equal(formatCash(at('12').equity), '5200');
    assert.equal(formatCash(at('7').equity), '4700');
    assert.equal(formatCash(at('7').longValue), '700');
  });

  it('#17 deposits and fills were booked twice, and against nothing', async () => {
    const store = memoryStore();
    const ledger = ledgerOn({ store });
    await ledger.told(cashAccount);
    for (let turn = 0; turn < 3; turn += 1) {
      await ledger.tell(deposit('5000'), 'wire-1');
      await ledger.tell(withdraw('1'), 'wire-2');
      await ledger.tell(fill('x1', null, '10', '10', { commission: '0.5' }));
    }
    assert.equal(await ledger.inspect(accountOne, (state) => formatCash(state.cash)), '4898.5');
    const sums = new Map<string, bigint>();
    let lines = 0;
    for (const { data } of await wholeLog(store)) {
      assert.ok(isAccountEvent(data));
      for (const { asset, unit, amount } of postingsOf(data)) {
        lines += 1;
        sums.set(`${asset} ${unit}`, (sums.get(`${asset} ${unit}`) ?? 0n) + amount);
      }
    }
    assert.deepEqual([...sums.values()], [0n, 0n]);
    assert.equal(lines, 10, 'two each for deposit, withdrawal, shares, cash and commission');
  });

  it('#18 withdrawals raced each other and left fees out', async () => {
    const store = memoryStore();
    const ledgers = [ledgerOn({ store }), ledgerOn({ store })] as const;
    await ledgers[0].told(cashAccount, deposit('100'), fee('10'));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => ledgers[n % 2 === 0 ? 0 : 1].tell(withdraw('30'))),
    );
    assert.equal(answers.filter(({ kind }) => kind === 'done').length, 3);
    const left = await ledgerOn({ store }).inspect(accountOne, (state) => formatCash(state.cash));
    assert.equal(left, '0');
    const ordered = having(cashAccount, deposit('1000'), submit('o1', { limit: '10' }));
    ordered.when(withdraw('1')).refuses('insufficient_cash');
    const freed = having(
      cashAccount,
      deposit('1000'),
      submit('o1', { limit: '10' }),
      canceled('o1'),
    );
    freed.when(withdraw('1000')).emits({ type: 'CashWithdrawn' });
  });
});
