import type { AccountId } from '#domain/ids.ts';
import { allTables } from '#projections/batch.ts';
import { project } from '#projections/ledger.ts';
import type { StoredRow } from '#projections/ports/read-tables.ts';
import type { CostRule } from '#projections/ports/rules.ts';
import { primaryKeys } from '#projections/ports/table-keys.ts';
import { createTables } from '#projections/tables.ts';
import { accountHistory } from '../as-of/account-history.ts';
import { NoSuchPast } from '../as-of/view.ts';
import type { Build } from '../ports/builds.ts';
import type { LogReader } from '../ports/log-reader.ts';
import { compareKeys } from './compare.ts';

/** One account's read tables up to an event, folded in memory. Throws NoSuchPast where there is no such account. */
export const foldedBuild = async (
  log: LogReader,
  name: string,
  wanted: {
    readonly accountId: AccountId;
    readonly sequence: number;
    readonly cost: CostRule;
    readonly program: string;
  },
): Promise<Build> => {
  const { accountId, sequence, cost } = wanted;
  const tables = createTables(true, { cost });
  const view = { asOf: null, known: { kind: 'sequence', sequence } } as const;
  for await (const event of accountHistory(log, accountId, view)) project(event, tables);
  if (tables.accounts.get(accountId) === undefined) {
    throw new NoSuchPast(`There is no account ${accountId} up to event ${sequence}.`);
  }
  const byName = new Map(allTables(tables).map((table) => [table.shape.name, table]));
  return {
    name,
    facts: wanted,
    // What projections encode is written in the one way that is compared.
    kinds: async () => ({}),
    rows: async function* (table) {
      const found = byName.get(table);
      const key = primaryKeys[table];
      if (found === undefined || key === undefined) return;
      const rows: StoredRow[] = [...found.values()].map(found.shape.encode);
      yield rows.sort((left, right) => compareKeys(key, left, right));
    },
  };
};
