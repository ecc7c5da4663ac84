import type { AccountId } from '#domain/ids.ts';
import { price } from '#domain/money.ts';
import { createPaperBroker } from '#gateways/brokers/paper/paper-broker.ts';
import { describeBroker } from '#tests/contracts/broker.ts';
import { manualTime } from '#tests/support/manual-time.ts';
import { flatMarket, flatSymbol } from '#tests/support/recorded-bars.ts';

describeBroker('the paper broker', async (report) => {
  const time = manualTime();
  const feed = flatMarket(time);
  const broker = createPaperBroker({
    feed,
    report,
    restore: [],
    timer: time.timer,
    onUnreported: (_accountId, _report, error) => {
      throw error;
    },
  });
  await feed.step();
  return {
    broker,
    accountId: 'account' as AccountId,
    symbol: flatSymbol,
    now: feed.now,
    marketable: price('11'),
    faraway: price('1'),
    quiet: broker.drained,
    close: broker.stop,
  };
});
