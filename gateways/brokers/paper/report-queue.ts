import type { BrokerReport, ReportSink } from '#commands/ports/broker.ts';
import type { AccountId } from '#domain/ids.ts';
import type { AddressedReport } from './book.ts';

/** Runs something once after real milliseconds; the answer calls it off. */
export type Timer = (milliseconds: number, run: () => void) => () => void;

/** A report was not taken; it is sent again. */
export type OnUnreported = (accountId: AccountId, report: BrokerReport, error: unknown) => void;

/** A report to send, or somebody to tell that all before it was sent. */
type Entry = BrokerReport | (() => void);

const isReport = (entry: Entry): entry is BrokerReport => typeof entry !== 'function';

export type ReportQueue = {
  readonly push: (reports: readonly AddressedReport[]) => void;
  /** Resolves when every report so far is recorded, or the queue has stopped. */
  readonly drained: () => Promise<void>;
  /** Sends nothing more; what was not recorded is made again after a restart. */
  readonly stop: () => Promise<void>;
};

/**
 * Sends reports to the ledger: one account's in order, accounts side by side. A report that is
 * not taken is sent again, ever more slowly, until it is; what was taken is never sent again.
 */
export const createReportQueue = (parts: {
  readonly report: ReportSink;
  readonly timer: Timer;
  readonly retryFirstMs: number;
  readonly retryMostMs: number;
  readonly onUnreported: OnUnreported;
}): ReportQueue => {
  const queues = new Map<AccountId, Entry[]>();
  const wakers = new Set<() => void>();
  let stopped = false;

  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        callOff();
        wakers.delete(wake);
        resolve();
      };
      const callOff = parts.timer(milliseconds, wake);
      wakers.add(wake);
    });

  const isTaken = async (accountId: AccountId, report: BrokerReport): Promise<boolean> => {
    try {
      await parts.report(accountId, report);
      return true;
    } catch (error) {
      parts.onUnreported(accountId, report, error);
      return false;
    }
  };

  const sendAgain = async (accountId: AccountId, report: BrokerReport): Promise<void> => {
    for (let wait = parts.retryFirstMs; !stopped; wait = Math.min(wait * 2, parts.retryMostMs)) {
      await pause(wait);
      if (stopped || (await isTaken(accountId, report))) return;
    }
  };

  /**
   * Reports that wait together are sent at once, in order, so that the ledger can write them together. Those that
   * were not taken are sent again one by one: then their order counts more than their speed.
   */
  const sendTogether = async (
    accountId: AccountId,
    reports: readonly BrokerReport[],
  ): Promise<void> => {
    const taken = await Promise.all(reports.map((report) => isTaken(accountId, report)));
    const left = reports.filter((_, index) => taken[index] === false);
    for (const report of left) await sendAgain(accountId, report);
  };

  const work = async (accountId: AccountId, queue: Entry[]): Promise<void> => {
    while (queue.length > 0) {
      const mark = queue.findIndex((entry) => !isReport(entry));
      const reports = queue.splice(0, mark === -1 ? queue.length : mark).filter(isReport);
      if (!stopped) await sendTogether(accountId, reports);
      const next = queue[0];
      if (next === undefined || isReport(next)) continue;
      queue.shift();
      next();
    }
    queues.delete(accountId);
  };

  const begin = (accountId: AccountId): Entry[] => {
    const queue: Entry[] = [];
    queues.set(accountId, queue);
    // Begins in a microtask: a sink that calls the broker back must not find it in the middle of a turn.
    Promise.resolve().then(() => work(accountId, queue));
    return queue;
  };

  const drained = async (): Promise<void> => {
    const marks = [...queues.values()].map(
      (queue) => new Promise<void>((resolve) => void queue.push(resolve)),
    );
    await Promise.all(marks);
  };

  return {
    push: (reports) => {
      if (stopped) return;
      for (const { accountId, report } of reports) {
        (queues.get(accountId) ?? begin(accountId)).push(report);
      }
    },
    drained,
    stop: async () => {
      stopped = true;
      for (const wake of [...wakers]) wake();
      await drained();
    },
  };
};
