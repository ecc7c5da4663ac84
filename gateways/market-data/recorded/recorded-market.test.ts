import assert, { deepEqual, equal, rejects, throws } from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { MarketUpdate } from '#commands/ports/market-feed.ts';
import type { Symbol } from '#domain/ids.ts';
import { formatPrice, formatQuantity, price, quantity } from '#domain/money.ts';
import { instant, type SessionDate } from '#domain/time.ts';
import { manualTime, settle } from '#tests/support/manual-time.ts';
import { dailyBar, flatMarket, flatSymbol, marketOf } from '#tests/support/recorded-bars.ts';
import { dailyFiles, loadBars, shippedDailyBars } from './recorded-bars.ts';

const inWords = (update: MarketUpdate): string => {
  if (update.kind !== 'quote') return `${update.kind} ${update.session}`;
  const { quote, auction } = update;
  return `${quote.symbol} ${formatPrice(quote.price)}${auction === null ? '' : ` ${auction}`}`;
};

/** All that a market says to a listener, in words. */
const listening = (feed: ReturnType<typeof flatMarket>): string[] => {
  const heard: string[] = [];
  feed.listen(async (update) => void heard.push(inWords(update)));
  return heard;
};

const twoSymbols = [
  dailyBar('BBB', '2014-01-03', '20 22 18 21 18000'),
  dailyBar('AAA', '2014-01-03', '10 12 8 11 18000'),
  dailyBar('AAA', '2014-01-06', '13 13 13 13 1800'),
];

describe('a stepped market', () => {
  it('moves by one instant a step: the open and the opening prints first', async () => {
    const feed = marketOf(manualTime(), twoSymbols);
    const heard = listening(feed);
    equal(await feed.step(), true);
    deepEqual(heard, ['session_opened 2014-01-03', 'AAA 10 open', 'BBB 20 open']);
    equal(feed.now(), '2014-01-03T14:30:00.000000Z');
    equal(feed.session(), '2014-01-03');
    await feed.step();
    deepEqual(heard.slice(3), ['AAA 9.5', 'BBB 19.5']);
    equal(feed.now(), '2014-01-03T15:02:30.000000Z');
  });

  it('plays a session to its close, and then skips the weekend', async () => {
    const feed = marketOf(manualTime(), twoSymbols);
    const heard = listening(feed);
    equal(await feed.stepSession(), true);
    deepEqual(heard.slice(-3), ['AAA 11 close', 'BBB 21 close', 'session_closed 2014-01-03']);
    equal(feed.now(), '2014-01-03T21:00:00.000000Z');
    equal(feed.session(), null);
    await feed.step();
    equal(feed.now(), '2014-01-06T14:30:00.000000Z');
    equal(feed.latest('AAA' as Symbol)?.previousClose, price('11'));
  });

  it('stays closed when the data has ended, and says so', async () => {
    const feed = marketOf(manualTime(), twoSymbols);
    await feed.stepSession();
    equal(feed.ended(), false);
    equal(await feed.stepSession(), true);
    equal(feed.ended(), true);
    const heard = listening(feed);
    deepEqual([await feed.step(), await feed.stepSession(), heard], [false, false, []]);
    equal(feed.session(), null);
    equal(feed.now(), '2014-01-06T21:00:00.000000Z');
  });

  it('marks every symbol that traded at the close', async () => {
    const feed = marketOf(manualTime(), twoSymbols);
    const marks: MarketUpdate[] = [];
    feed.listen(async (update) => void (update.kind === 'session_closed' && marks.push(update)));
    while (await feed.step());
    const [first, second] = marks;
    assert(first?.kind === 'session_closed' && second?.kind === 'session_closed');
    deepEqual(first.marks[1], {
      symbol: 'BBB',
      session: '2014-01-03',
      open: price('20'),
      high: price('22'),
      low: price('18'),
      close: price('21'),
      markedAt: '2014-01-03T21:00:00.000000Z',
    });
    deepEqual(
      second.marks.map((mark) => mark.symbol),
      ['AAA'],
    );
  });

  it('keeps the figures of the session so far', async () => {
    const feed = marketOf(manualTime(), twoSymbols);
    for (let steps = 0; steps < 6; steps += 1) await feed.step();
    const quote = feed.latest('AAA' as Symbol);
    assert(quote !== undefined);
    deepEqual([quote.open, quote.high, quote.low, quote.price].map(formatPrice), [
      '10',
      '10',
      '8',
      '9',
    ]);
    equal(formatQuantity(quote.volume), '8000');
    deepEqual([quote.bidSize, quote.askSize], [quantity('100'), quantity('100')]);
    equal(quote.previousClose, null);
  });

  it('knows a symbol from its first print on', () => {
    const feed = marketOf(manualTime(), twoSymbols);
    deepEqual(feed.symbols(), ['AAA', 'BBB']);
    equal(feed.latest('AAA' as Symbol), undefined);
  });

  it('awaits each listener before the next, and plays one step at a time', async () => {
    const feed = flatMarket(manualTime());
    const order: string[] = [];
    feed.listen(async () => {
      await settle();
      order.push('slow');
    });
    feed.listen(async () => void order.push('quick'));
    await Promise.all([feed.step(), feed.step()]);
    deepEqual(order, ['slow', 'quick', 'slow', 'quick', 'slow', 'quick']);
  });

  it('goes on with the next update after a listener that failed', async () => {
    const feed = flatMarket(manualTime());
    let fails = true;
    feed.listen(async () => {
      if (fails) throw new Error('no');
    });
    await rejects(feed.step(), /no/);
    fails = false;
    const heard = listening(feed);
    await feed.step();
    deepEqual(heard, ['FLAT 10 open']);
  });

  it('says nothing to who no longer listens', async () => {
    const feed = flatMarket(manualTime());
    const heard: string[] = [];
    const unlisten = feed.listen(async (update) => void heard.push(inWords(update)));
    unlisten();
    await feed.step();
    deepEqual(heard, []);
  });

  it('does not start by itself', async () => {
    const time = manualTime();
    const feed = flatMarket(time);
    feed.start();
    await time.pass(10_000);
    equal(feed.session(), null);
  });
});

describe('a market that begins later', () => {
  it('starts after a session, closed, with its closing quotes', async () => {
    const feed = marketOf(manualTime(), twoSymbols, { startAfter: '2014-01-03' as SessionDate });
    deepEqual([feed.session(), feed.now()], [null, '2014-01-03T21:00:00.000000Z']);
    equal(feed.latest('BBB' as Symbol)?.price, price('21'));
    const heard = listening(feed);
    await feed.step();
    deepEqual(heard, ['session_opened 2014-01-06', 'AAA 13 open']);
    equal(feed.latest('AAA' as Symbol)?.previousClose, price('11'));
  });

  it('resumes in the middle of a session as if it had never stopped', async () => {
    const whole = marketOf(manualTime(), twoSymbols);
    for (let steps = 0; steps < 4; steps += 1) await whole.step();
    const resumed = marketOf(manualTime(), twoSymbols, {
      resumeAt: instant('2014-01-03T16:10:00Z'),
    });
    deepEqual([resumed.session(), resumed.now()], ['2014-01-03', '2014-01-03T16:10:00.000000Z']);
    deepEqual(resumed.latest('AAA' as Symbol), whole.latest('AAA' as Symbol));
    const [rest, same] = [listening(whole), listening(resumed)];
    while ((await whole.step()) && (await resumed.step()));
    deepEqual(same, rest);
  });

  it('resumed in the night stands at the close', () => {
    const feed = marketOf(manualTime(), twoSymbols, { resumeAt: instant('2014-01-05T00:00:00Z') });
    deepEqual([feed.session(), feed.now()], [null, '2014-01-03T21:00:00.000000Z']);
  });
});

describe('a market that runs by itself', () => {
  it('moves at its speed, with time passing between the quotes', async () => {
    const time = manualTime();
    const feed = flatMarket(time, { settings: { speed: 60 } });
    const heard = listening(feed);
    feed.start();
    await time.pass(0);
    deepEqual(heard, ['session_opened 2014-01-03', 'FLAT 10 open']);
    await time.pass(10_000);
    equal(feed.now(), '2014-01-03T14:40:00.000000Z');
    await time.pass(22_499);
    equal(heard.length, 2);
    await time.pass(1);
    equal(heard.length, 3);
    equal(feed.now(), '2014-01-03T15:02:30.000000Z');
    await feed.stop();
  });

  it('skips nights and weekends and comes to rest at the end', async () => {
    const time = manualTime();
    const feed = flatMarket(time, { settings: { speed: 3600 } });
    const heard = listening(feed);
    feed.start();
    await time.pass(3 * 6.5 * 1000 + 10);
    equal(heard.filter((said) => said.startsWith('session_closed')).length, 3);
    deepEqual([feed.ended(), time.alarms()], [true, 0]);
  });

  it('never shows a time beyond the next update, nor one before', async () => {
    const time = manualTime();
    const feed = flatMarket(time, { settings: { speed: 3600 } });
    let before = feed.now();
    feed.listen(async () => {
      // A slow listener: real time runs on, the market waits.
      await settle();
      assert(feed.now() >= before);
    });
    feed.start();
    for (let count = 0; count < 200; count += 1) {
      await time.pass(37);
      const now = feed.now();
      assert(now >= before);
      before = now;
      const latest = feed.latest(flatSymbol);
      assert(latest === undefined || latest.at <= now);
    }
    await feed.stop();
  });

  it('stands still after a stop, and starts again from there', async () => {
    const time = manualTime();
    const feed = flatMarket(time, { settings: { speed: 60 } });
    feed.start();
    await time.pass(10_000);
    await feed.stop();
    await time.pass(50_000);
    equal(feed.now(), '2014-01-03T14:40:00.000000Z');
    feed.start();
    await time.pass(22_500);
    equal(feed.now(), '2014-01-03T15:02:30.000000Z');
    await feed.stop();
  });

  it('is not stepped', async () => {
    const feed = flatMarket(manualTime(), { settings: { speed: 60 } });
    feed.start();
    await rejects(feed.step(), /not stepped/);
    await feed.stop();
    equal(await feed.step(), true);
  });

  it('stops where a listener fails', async () => {
    const time = manualTime();
    const failures: unknown[] = [];
    const feed = flatMarket(time, {
      settings: { speed: 60 },
      onFailure: (error) => failures.push(error),
    });
    feed.listen(async () => {
      throw new Error('no');
    });
    feed.start();
    await time.pass(100_000);
    deepEqual([failures.length, time.alarms()], [1, 0]);
  });

  it('says what is wrong with its settings', () => {
    throws(() => flatMarket(manualTime(), { settings: { speed: -1 } }), /speed/);
    throws(() => flatMarket(manualTime(), { settings: { halfSpreadBps: 'NaN' } }), /halfSpreadBps/);
  });
});

describe('the shipped bars', () => {
  it('are marked as they are, each session and symbol', async () => {
    const bars = await loadBars(await dailyFiles(shippedDailyBars));
    const feed = flatMarket(manualTime(), { bars });
    let marked = 0;
    feed.listen(async (update) => {
      if (update.kind !== 'session_closed') return;
      const session = bars.sessions.find(({ date }) => date === update.session);
      for (const { symbol, open, high, low, close } of update.marks) {
        const bar = session?.bars.get(symbol)?.[0];
        deepEqual([open, high, low, close], [bar?.open, bar?.high, bar?.low, bar?.close]);
        marked += 1;
      }
    });
    for (let sessions = 0; sessions < 60; sessions += 1) await feed.stepSession();
    equal(marked, 60 * 11);
  });
});

describe('two sessions of minute bars', () => {
  it('play with one opening and one closing auction each, and keep their volume', async () => {
    const path = join(
      import.meta.dirname,
      '../../../tests/data/market/spy-minute-2011/spy-2011-01-03-04.csv.gz',
    );
    const bars = await loadBars([{ format: 'minute', path, symbol: 'SPY' as Symbol }]);
    const feed = flatMarket(manualTime(), { bars });
    const auctions: string[] = [];
    let quotes = 0;
    feed.listen(async (update) => {
      if (update.kind !== 'quote') return;
      quotes += 1;
      if (update.auction !== null) auctions.push(`${update.quote.at} ${inWords(update)}`);
    });
    await feed.stepSession();
    const volume = bars.sessions[0]?.bars
      .get('SPY' as Symbol)
      ?.reduce((sum, bar) => sum + bar.volume, 0n);
    equal(feed.latest('SPY' as Symbol)?.volume, volume);
    await feed.stepSession();
    equal(quotes, 2 * 390 * 4);
    deepEqual(
      auctions.map((line) => line.replace(/ SPY [\d.]+/, '')),
      [
        '2011-01-03T14:30:00.000000Z open',
        '2011-01-03T21:00:00.000000Z close',
        '2011-01-04T14:30:00.000000Z open',
        '2011-01-04T21:00:00.000000Z close',
      ],
    );
  });
});
