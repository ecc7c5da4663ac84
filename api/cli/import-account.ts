import type { LookSnapshot } from '#audit/ports/live-figures.ts';
import type { OpenAccount } from '#commands/account/open-account.ts';
import {
  type AccountKnowledge,
  learn,
  learnReconciliation,
  nothingKnown,
} from '#commands/imports/knowledge.ts';
import { evolve } from '#domain/account/evolve.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import { type AccountId, accountStream, reconciliationStream } from '#domain/ids.ts';
import { zeroCash } from '#domain/money.ts';
import { isReconciliationEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { accountIdFrom } from '../http/opening.ts';
import { accountIdOf, isUuid } from './values.ts';

/** Who keeps what the import is of: an account that is there, or one that it opens. */
export type ImportAccount = {
  readonly accountId: AccountId;
  readonly number: string | null;
  readonly knowledge: AccountKnowledge;
  /** Null where it is there already. */
  readonly opening: OpenAccount | null;
};

const knowledgeOf = async (
  { log }: LookSnapshot,
  accountId: AccountId,
  onRead: () => void,
): Promise<AccountKnowledge> => {
  const knowledge = nothingKnown();
  for await (const page of log.events({ stream: accountStream(accountId) })) {
    for (const stored of page) learn(knowledge, log.decode(stored));
    onRead();
  }
  for await (const page of log.events({ stream: reconciliationStream(accountId) })) {
    for (const stored of page) {
      const event = log.decode(stored);
      const { data } = event;
      if (isReconciliationEvent(data)) learnReconciliation(knowledge, { ...event, data });
    }
    onRead();
  }
  return knowledge;
};

/** Whose number it is: as the read tables say, and for what they have not read yet, the log. */
export const accountNumbered = async (
  { log, live, tables }: LookSnapshot,
  number: string,
): Promise<AccountId | undefined> => {
  const known = await live.accountIdOf(number);
  if (known !== undefined) return known;
  const { checkpoint } = await tables.live();
  const unread = log.events({ fromSequence: checkpoint + 1, types: ['AccountOpened'] });
  for await (const page of unread) {
    for (const stored of page) {
      const { data } = log.decode(stored);
      if (data.type === 'AccountOpened' && data.accountNumber === number) return data.accountId;
    }
  }
  return undefined;
};

/** An account that is there, by id or number. Throws where there is none. */
export const accountThere = async (
  snapshot: LookSnapshot,
  name: string,
  onRead: () => void,
): Promise<ImportAccount> => {
  const accountId = isUuid(name) ? accountIdOf(name) : await accountNumbered(snapshot, name);
  const knowledge =
    accountId === undefined ? nothingKnown() : await knowledgeOf(snapshot, accountId, onRead);
  if (accountId === undefined || knowledge.state.status === 'unopened') {
    throw new Error(`There is no account ${name}. Open one with --open NUMBER.`);
  }
  return { accountId, number: isUuid(name) ? null : name, knowledge, opening: null };
};

const policyOf = (kind: AccountPolicy['kind']): AccountPolicy => ({
  kind,
  currency: 'USD',
  // Reports state what was charged; for one that does not, nothing is made up.
  commission: { kind: 'fixed', amount: zeroCash },
  limits: { positionNotional: null, leverage: null, orderNotional: null },
  settlementDays: 1,
  broker: 'none',
});

export type Opening = {
  readonly number: string;
  readonly kind: AccountPolicy['kind'];
  readonly userId: string | null;
  /** The first thing that is reported of it: nothing in an account happens before its opening. */
  readonly at: Instant;
};

/** An account of its own for a number: the same one when an import that broke off is run again. Throws where another has the number. */
export const accountToOpen = async (
  snapshot: LookSnapshot,
  { number, kind, userId, at }: Opening,
  onRead: () => void,
): Promise<ImportAccount> => {
  const accountId = accountIdFrom(`import:${number}`);
  const holder = await accountNumbered(snapshot, number);
  if (holder !== undefined && holder !== accountId) {
    throw new Error(`Another account has the number ${number}: import into it with --account.`);
  }
  const knowledge = await knowledgeOf(snapshot, accountId, onRead);
  if (knowledge.state.status !== 'unopened') return { accountId, number, knowledge, opening: null };
  const policy = policyOf(kind);
  const about = { accountId, accountNumber: number, userId, policy };
  evolve(knowledge.state, { type: 'AccountOpened', ...about, openedAt: at });
  knowledge.openedAt = at;
  return { accountId, number, knowledge, opening: { type: 'OpenAccount', ...about, at } };
};
