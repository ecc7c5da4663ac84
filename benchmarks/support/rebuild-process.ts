/**
 * One work of benchmarks/rebuild.ts, so that its memory is its own.
 * Usage: node rebuild-process.ts CONNECTION_STRING read | rebuild | account | replay SEQUENCE
 */
import { accountHistory } from '#audit/as-of/account-history.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';
import { createPostgresEventStore } from '#database/postgres/event-store.ts';
import { createReadTableHost } from '#database/postgres/read-tables/host.ts';
import { createReplayHost } from '#database/postgres/read-tables/replays.ts';
import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { systemClock } from '#gateways/system/clock.ts';
import { standardRules } from '#projections/ports/rules.ts';
import { logUpTo, rebuild } from '#projections/projector.ts';
import { replay } from '#projections/replay.ts';
import { uuid } from '#tests/support/account-histories.ts';

const [, , connectionString, work, to] = process.argv;
if (connectionString === undefined) throw new Error('Which database?');
const store = createPostgresEventStore({ connectionString, clock: systemClock });
const { signal } = new AbortController();
const head = await store.head();
const host = createReplayHost({ connectionString });
const quiet = { replace: true, onFolded: () => {} };

/** Each returns how many events it has taken in. */
const works: Readonly<Record<string, () => Promise<number>>> = {
  // The rows as texts, which nobody looks into.
  read: () =>
    openLedgerSnapshot({ connectionString }, async ({ log }) => {
      let count = 0;
      for await (const page of log.events({})) count += page.length;
      return count;
    }),
  rebuild: () => rebuild({ host: createReadTableHost({ connectionString }), feed: store }, signal),
  replay: async () => {
    const pages = logUpTo(store, { after: 0, head: Number(to), signal });
    const terms = { rules: standardRules, to: Number(to), accountId: null };
    return (await replay({ host, schema: 'benchmark', terms, pages, ...quiet }, signal)).sequence;
  },
  account: () => {
    const accountId = uuid<AccountId>(1);
    const terms = { rules: standardRules, to: head, accountId };
    return openLedgerSnapshot({ connectionString }, async ({ log }) => {
      let count = 0;
      async function* pages(): AsyncGenerator<readonly RecordedEvent[], void, void> {
        const view = { asOf: null, known: { kind: 'sequence', sequence: head } } as const;
        for await (const event of accountHistory(log, accountId, view)) {
          count += 1;
          yield [event];
        }
      }
      await replay({ host, schema: 'benchmark', terms, pages: pages(), ...quiet }, signal);
      return count;
    });
  },
};

const begun = performance.now();
const count = await works[work ?? '']?.();
if (count === undefined) throw new Error(`What is ${work}?`);
const milliseconds = performance.now() - begun;
const { user, system } = process.cpuUsage();
await store.close();
console.log(
  JSON.stringify({
    perSecond: Math.round((1_000 * count) / milliseconds),
    milliseconds: Math.round(milliseconds),
    cpuMicroseconds: Math.round((user + system) / count),
    peakMb: Math.round(process.resourceUsage().maxRSS / 1_024),
  }),
);
