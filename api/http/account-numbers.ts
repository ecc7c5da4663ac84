import type { AccountId } from '#domain/ids.ts';
import type { Queries } from '#projections/ports/queries.ts';
import { HttpProblem } from './problem.ts';

/** What an opening answers: the sequence it wrote, null if none. */
type Done = { readonly sequence: number | null };

/** Which account is known by which number, as long as one process serves a ledger. */
export type AccountNumbers = {
  /** Opens an account unless another one has its number: one opening under a number at a time. */
  readonly take: <Opened extends Done>(
    number: string,
    account: AccountId,
    open: () => Promise<Opened>,
  ) => Promise<Opened>;
};

/** The read tables know the numbers, but a moment late: until they know one, it is remembered here. */
export const createAccountNumbers = (
  queries: Pick<Queries, 'getAccountByNumber' | 'waitFor'>,
  waitMs: number,
): AccountNumbers => {
  const turns = new Map<string, Promise<void>>();
  const unread = new Map<string, AccountId>();

  const inTurn = <Result>(number: string, work: () => Promise<Result>): Promise<Result> => {
    const before = turns.get(number) ?? Promise.resolve();
    const turn = before.then(work);
    const end = (): void => {
      if (turns.get(number) === ended) turns.delete(number);
    };
    const ended: Promise<void> = turn.then(end, end);
    turns.set(number, ended);
    return turn;
  };

  /** An account keeps its number, so that one which the read tables are slow to show is remembered for good. */
  const rememberUntilRead = (number: string, account: AccountId, sequence: number): void => {
    unread.set(number, account);
    queries.waitFor(sequence, waitMs).then(
      (waited) => {
        if (waited === 'reached') unread.delete(number);
      },
      () => undefined, // The database is away: who asks for the number next is told so.
    );
  };

  const holderOf = async (number: string): Promise<AccountId | undefined> =>
    unread.get(number) ?? (await queries.getAccountByNumber(number))?.accountId;

  return {
    take: (number, account, open) =>
      inTurn(number, async () => {
        const holder = await holderOf(number);
        if (holder !== undefined && holder !== account) {
          throw new HttpProblem('account_number_taken', { details: { account_number: number } });
        }
        const done = await open();
        if (holder === undefined && done.sequence !== null) {
          rememberUntilRead(number, account, done.sequence);
        }
        return done;
      }),
  };
};
