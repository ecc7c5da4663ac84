import { createHash } from 'node:crypto';
import type { AccountCommand } from '#commands/commands.ts';
import type { CommandMeta, Handled, Ledger } from '#commands/ledger.ts';
import { createLedger } from '#commands/pipeline.ts';
import type { Digest } from '#commands/ports/digest.ts';
import type { AppendOutcome, AppendRequest, EventStore } from '#commands/ports/event-store.ts';
import type { Quotes } from '#commands/ports/quotes.ts';
import type { SnapshotStore } from '#commands/ports/snapshot-store.ts';
import { createMemoryEventStore } from '#database/memory/event-store.ts';
import { createMemorySnapshotStore } from '#database/memory/snapshot-store.ts';
import type { AccountId, Actor } from '#domain/ids.ts';
import { accountOne, noon, quotesOf } from './makers.ts';
import { systemClock } from './recorded-events.ts';

export const sha256: Digest = (text) => createHash('sha256').update(text).digest('hex');

let made = 0;
/** Uuids that no other ledger of this test run gives out. */
const ids = {
  next: (): string => {
    made += 1;
    return `00000000-0000-4000-9000-${made.toString(16).padStart(12, '0')}`;
  },
};

export type Append = (
  requests: readonly AppendRequest[],
  store: EventStore,
) => Promise<readonly AppendOutcome[]>;

/** The memory store with its appends taken another way: slower, failing, or watched. */
export const withAppend = (store: EventStore, append: Append): EventStore => ({
  ...store,
  append: (requests) => append(requests, store),
});

export const memoryStore = (): EventStore => createMemoryEventStore({ clock: systemClock });

type Options = {
  readonly store?: EventStore;
  readonly snapshots?: SnapshotStore;
  readonly quotes?: Quotes;
  readonly cachedMax?: number;
  readonly cachedEventsMax?: number;
  readonly snapshotAfter?: number;
};

export type TestLedger = Ledger & {
  /** Tells an account (the first, unless told otherwise) a command under a key. */
  readonly tell: (
    command: AccountCommand,
    key?: string | null,
    accountId?: AccountId,
  ) => Promise<Handled>;
  /** As `tell`, and it must not be refused. */
  readonly told: (...commands: readonly AccountCommand[]) => Promise<void>;
};

const metaOf = (accountId: AccountId, key: string | null): CommandMeta => ({
  accountId,
  actor: 'operator' as Actor,
  key,
});

/** A ledger as one process has it; give two of them the same store to have two processes. */
export const ledgerOn = (options: Options = {}): TestLedger => {
  const { store = memoryStore(), snapshots = createMemorySnapshotStore() } = options;
  const { quotes = quotesOf(), cachedMax, cachedEventsMax, snapshotAfter } = options;
  const ledger = createLedger(
    { store, snapshots, quotes, ids, digest: sha256 },
    {
      ...(cachedMax === undefined ? {} : { cachedMax }),
      ...(cachedEventsMax === undefined ? {} : { cachedEventsMax }),
      ...(snapshotAfter === undefined ? {} : { snapshotAfter }),
    },
  );
  const tell: TestLedger['tell'] = (command, key = null, accountId = accountOne) =>
    ledger.handle(metaOf(accountId, key), command);
  return {
    ...ledger,
    tell,
    told: async (...commands) => {
      for (const command of commands) {
        const handled = await tell(command);
        if (handled.kind === 'refused') throw new Error(`${command.type}: ${handled.refusal.code}`);
      }
    },
  };
};

export const accountNumbered = (n: number): AccountId =>
  `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` as AccountId;

/** Opens an account that is known by its own id. */
export const opened = (command: AccountCommand, accountId: AccountId): AccountCommand =>
  command.type === 'OpenAccount' ? { ...command, accountId, at: noon } : command;

/** Every event in the log, oldest first. */
export const wholeLog = (store: EventStore) => store.readAll({ after: 0, limit: 100_000 });
