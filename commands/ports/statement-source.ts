import type { AccountId } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import type { BrokerStatement } from './broker-statement.ts';

/** A broker that can be asked what it says of an account, from its own record and not from ours. */
export type StatementSource = {
  /** Its name: `paper`. */
  readonly name: string;
  /** executions: it tells those alone, without fees. everything: cash, dividends, splits and holdings too. */
  readonly states: 'executions' | 'everything';
  /** From the beginning of its record where `from` is null or before it; to its end where `to` is null. */
  readonly statement: (
    accountId: AccountId,
    from: Instant | null,
    to: Instant | null,
  ) => Promise<BrokerStatement>;
};
