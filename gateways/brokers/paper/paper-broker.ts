import type { Broker, ReportSink, WorkingOrder } from '#commands/ports/broker.ts';
import type { MarketFeed } from '#commands/ports/market-feed.ts';
import type { Actor } from '#domain/ids.ts';
import type { AddressedReport } from './book.ts';
import type { PaperJournal } from './journal.ts';
import { advance, createBook, freshlyShown, observe } from './matching.ts';
import { adjust, cancel, enter, replace } from './order-entry.ts';
import {
  createReportQueue,
  type OnUnreported,
  type ReportQueue,
  type Timer,
} from './report-queue.ts';
import {
  type PaperBrokerOptions,
  type PaperBrokerSettings,
  paperBrokerSettings,
} from './settings.ts';

export type PaperBroker = Broker & {
  /** Resolves when every report so far is recorded. */
  readonly drained: () => Promise<void>;
  /** Listens and reports no more. What was not recorded is made again after a restart. */
  readonly stop: () => Promise<void>;
};

export type PaperBrokerParts = {
  readonly feed: MarketFeed;
  readonly report: ReportSink;
  readonly settings?: PaperBrokerOptions;
  /** The orders that are working, from the ledger. */
  readonly restore: readonly WorkingOrder[];
  readonly timer: Timer;
  readonly onUnreported: OnUnreported;
  /** Where executions are written down before they are reported; nowhere where it is left out. */
  readonly journal?: Pick<PaperJournal, 'made' | 'told'>;
};

const shownBy = (feed: MarketFeed, settings: PaperBrokerSettings) =>
  feed.symbols().flatMap((symbol) => {
    const quote = feed.latest(symbol);
    // A quote from before this session opened is history: nobody trades at it.
    const isCurrent = quote !== undefined && quote.at.slice(0, 10) === feed.session();
    return isCurrent ? [freshlyShown(quote, settings)] : [];
  });

/** The sink, which notes in the journal what it has taken. */
const noting = ({ report, journal }: PaperBrokerParts): ReportSink =>
  journal === undefined
    ? report
    : async (accountId, one) => {
        await report(accountId, one);
        if (one.type === 'Fill') journal.told([one.executionId]);
      };

/** Hands reports to the queue in order, each once the executions in it and before it are on record. */
const createPost = (queue: ReportQueue, journal: PaperBrokerParts['journal']) => {
  let last: Promise<void> | undefined;
  const push = (reports: readonly AddressedReport[]): void => {
    const hasFill = reports.some(({ report }) => report.type === 'Fill');
    if (journal === undefined || (last === undefined && !hasFill)) {
      queue.push(reports);
      return;
    }
    const written = journal.made(reports);
    const mine: Promise<void> = Promise.all([last, written]).then(() => {
      queue.push(reports);
      if (last === mine) last = undefined;
    });
    last = mine;
  };
  return {
    push,
    drained: async (): Promise<void> => {
      await last;
      await queue.drained();
    },
  };
};

/**
 * A broker that fills orders at a market feed's prices; see `matching.ts` for how.
 *
 * The feed waits until the reports of an update are recorded: when the ledger notes that a session is over, all
 * fills and expiries of it are in the log (listen with the broker before whatever notes it).
 *
 * After a crash the book comes back from the ledger's working orders, in these cases:
 * - submitted, and the acceptance was not recorded: the order is not restored and not known; the router submits it
 *   again and it begins anew. Within one process the acceptance waits in the queue, so a repeat adds nothing.
 * - accepted, and a fill was not recorded: it is in the journal and is reported again before the order is restored.
 *   Without a journal the order is restored without it and fills again from the next quote on, under the same
 *   execution id.
 * - filled in part, and the end of an ioc, opg or cls order was not recorded: the order ends at once.
 * - filled, and the end of a sell by notional that had no share left to sell was not recorded: the order ends at once.
 * - canceled, expired or replaced, and that was not recorded: the order is restored and works on; the router's
 *   repeated cancel or replace ends it, else the end of the next session or auction does.
 * - ended and recorded: the book does not know it any more, so the router must not submit it again. It does not:
 *   after a restart it begins with what is live, and asks `knows`.
 * After a restart the latest quote shows its full sizes again to new orders; restored ones wait for the next.
 */
export const createPaperBroker = (parts: PaperBrokerParts): PaperBroker => {
  const { feed } = parts;
  const settings = paperBrokerSettings.parse(parts.settings ?? {});
  const book = createBook({
    settings,
    symbols: feed.symbols(),
    working: parts.restore,
    market: { at: feed.now(), session: feed.session(), shown: shownBy(feed, settings) },
  });
  const queue = createReportQueue({ ...parts, ...settings, report: noting(parts) });
  const post = createPost(queue, parts.journal);
  const timers = new Set<() => void>();

  /** Matches in time what is in transit; a later update of the market would do so too, with the same reports. */
  const wakeAfterLatency = (): void => {
    if (settings.latencyMs === 0 || book.inTransit.size === 0) return;
    // One millisecond more: market time is cut to whole ones.
    const callOff = parts.timer(settings.latencyMs + 1, () => {
      timers.delete(callOff);
      post.push(advance(book, feed.now()));
    });
    timers.add(callOff);
  };
  const push = (reports: readonly AddressedReport[]): void => {
    post.push(reports);
    wakeAfterLatency();
  };

  const unlisten = feed.listen((update) => {
    post.push(observe(book, update));
    return post.drained();
  });

  return {
    actor: 'broker:paper' as Actor,
    submit: async (order) => push(enter(book, order, feed.now())),
    cancel: async (accountId, orderId) => push(cancel(book, accountId, orderId, feed.now())),
    replace: async (orderId, replacement) => push(replace(book, orderId, replacement, feed.now())),
    adjust: async (working) => push(adjust(book, working, feed.now())),
    knows: async (orderId) => book.orders.has(orderId) || book.ended.has(orderId),
    drained: post.drained,
    stop: async () => {
      unlisten();
      for (const callOff of timers) callOff();
      await queue.stop();
    },
  };
};
