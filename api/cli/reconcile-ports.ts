import type { BrokerStatement } from '#commands/ports/broker-statement.ts';
import type { StatementSource } from '#commands/ports/statement-source.ts';
import type { Reconciliations } from '#commands/reconciliation/reconciliations.ts';
import type { NamedBytes, ReadingOptions } from './statement-files.ts';
import type { WithLook } from './with-look.ts';

/** What `ledger reconcile` is made of. */
export type ReconcilePorts = {
  readonly withLook: WithLook;
  /** What writes: opened when it is first asked for. */
  readonly withReconciliations: <T>(
    act: (reconciliations: Reconciliations) => Promise<T>,
  ) => Promise<T>;
  readonly layoutNames: readonly string[];
  /** Throws where a file is no statement, or no table of symbols. */
  readonly readStatement: (
    files: readonly NamedBytes[],
    options: ReadingOptions,
  ) => BrokerStatement;
  readonly broker: () => StatementSource;
};
