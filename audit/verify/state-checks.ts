import type { StoredEvent } from '../ports/log-reader.ts';
import type { StoredState, VerifyTableReader } from '../ports/table-reader.ts';
import { expectedState, knownStateVersion, type StateTexts, storedState } from './account-state.ts';
import type { FindingSink } from './finding.ts';
import type { NaiveAccount } from './naive-accounts.ts';

export type StateChecks = {
  /** The account as an event left it. */
  readonly take: (stored: StoredEvent, account: NaiveAccount | undefined) => void;
  /** Compares what was taken: after every page. */
  readonly catchUp: () => Promise<void>;
  readonly checked: () => number;
  /** Of another version than is known here. */
  readonly skipped: () => number;
  /** They lie before or behind what was read. */
  readonly notReached: () => number;
};

const table = 'ledger.snapshots';

/**
 * Checks the states that commands are decided with: each against the account as the events left it at that revision.
 * They are only a cache, but one that an edit would make orders pass with.
 */
export const createStateChecks = async (
  findings: FindingSink,
  tables: VerifyTableReader,
  accountId: string | null,
  isOurs: (stream: string) => boolean,
): Promise<StateChecks> => {
  const revisions = new Map(
    [...(await tables.stateRevisions())].filter(
      ([stream]) => isOurs(stream) && (accountId === null || stream === `account-${accountId}`),
    ),
  );
  const waiting: { readonly stored: StoredEvent; readonly expected: StateTexts }[] = [];
  let checked = 0;
  let skipped = 0;

  const differs = (
    { sequence, stream, revision }: StoredEvent,
    column: string,
    expected: string | null,
    actual: string | null,
  ): void => {
    const message = `The state that commands of ${stream} go on from has ${column} ${actual} at revision ${revision}, the events make it ${expected}.`;
    const place = { sequence, stream, revision, table, key: stream, column };
    findings.add({ kind: 'state_differs', ...place, expected, actual, message });
  };

  const compare = (stored: StoredEvent, expected: StateTexts, { state }: StoredState): void => {
    let actual: StateTexts;
    try {
      actual = storedState(state);
    } catch {
      const { sequence, stream, revision } = stored;
      const place = { sequence, stream, revision, table, key: stream, column: 'state' };
      const message = `The state of ${stream} cannot be read.`;
      const texts = { expected: 'a state', actual: state.slice(0, 120) };
      findings.add({ kind: 'state_unreadable', ...place, ...texts, message });
      return;
    }
    for (const name of new Set([...expected.keys(), ...actual.keys()])) {
      const [wanted, is] = [expected.get(name) ?? null, actual.get(name) ?? null];
      if (wanted !== is) differs(stored, name, wanted, is);
    }
  };

  return {
    take: (stored, account) => {
      if (account === undefined || revisions.get(stored.stream) !== stored.revision) return;
      revisions.delete(stored.stream);
      if (account.isUnknown) return;
      waiting.push({ stored, expected: expectedState(account) });
    },
    catchUp: async () => {
      for (const { stored, expected } of waiting.splice(0)) {
        const state = await tables.storedState(stored.stream);
        if (state === undefined) continue;
        if (state.version !== knownStateVersion) {
          skipped += 1;
          continue;
        }
        checked += 1;
        compare(stored, expected, state);
      }
    },
    checked: () => checked,
    skipped: () => skipped,
    notReached: () => revisions.size,
  };
};
