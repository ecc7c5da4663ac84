import type { AccountId } from '#domain/ids.ts';
import type { LogReader } from '../ports/log-reader.ts';
import type { KeptRows, PastReader, Shown } from '../ports/past.ts';
import { accountAsOf } from './account-history.ts';
import type { Fold } from './fold-state.ts';
import { NoSuchPast, type View } from './view.ts';

const nothingKept: KeptRows = {
  rows: async () => [],
  all: async () => [],
  referring: async () => [],
  list: async () => [],
  unsettled: async () => [],
  keysStanding: async () => [],
  times: async () => new Map(),
  transactions: async () => [],
  transaction: async () => undefined,
  transactionSums: async () => [],
  postings: async () => [],
  splits: async () => [],
};

/**
 * An account in a view, folded from its first event on out of the log alone: right also where no server has brought the
 * read tables up to date, and as slow as the account is long. Holds it in memory; undefined where the view lacks it.
 */
export const foldFromLog = async (
  { log, past }: { readonly log: LogReader; readonly past: PastReader },
  accountId: AccountId,
  view: View,
  shown: Shown,
): Promise<Fold | undefined> => {
  try {
    const tables = await accountAsOf(log, accountId, view);
    const reader = { ...past, ...nothingKept };
    const at = { accountId, through: 0 };
    return { reader, accountId, shown, at, base: null, tables, marksFrom: new Map() };
  } catch (error) {
    if (error instanceof NoSuchPast) return undefined;
    throw error;
  }
};

/** The account of a number, by the log: of one that the read tables do not know yet. */
export const accountOfNumberIn = async (
  log: LogReader,
  accountNumber: string,
  after: number,
): Promise<AccountId | undefined> => {
  const opened = { types: ['AccountOpened'], fromSequence: after + 1 } as const;
  for await (const page of log.events(opened)) {
    for (const stored of page) {
      const { data } = log.decode(stored);
      if (data.type === 'AccountOpened' && data.accountNumber === accountNumber) {
        return data.accountId;
      }
    }
  }
  return undefined;
};
