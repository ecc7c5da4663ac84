import type { AccountCommand } from '#commands/commands.ts';
import type { AccountEvent } from '#domain/account/events.ts';
import { evolve } from '#domain/account/evolve.ts';
import type { AccountPolicy } from '#domain/account/policy.ts';
import { unopened } from '#domain/account/state.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { fromMilliseconds, toMilliseconds } from '#domain/time.ts';
import { ledgerOn, memoryStore, wholeLog } from '../support/memory-ledger.ts';
import { commandOf, type Move, newWorld, opening, quotesIn } from '../support/random-trading.ts';

/** What the real commands write for random moves: replacements, adjusted and disputed orders, everything there is. */
export const traded = async (
  policy: AccountPolicy,
  moves: readonly Move[],
): Promise<readonly RecordedEvent[]> => {
  const store = memoryStore();
  const world = newWorld();
  const ledger = ledgerOn({ store, quotes: quotesIn(world) });
  const state = unopened();
  const say = async (command: AccountCommand): Promise<void> => {
    const handled = await ledger.tell(command);
    if (handled.kind !== 'done' || handled.repeated) return;
    for (const { data } of handled.events) evolve(state, data as AccountEvent);
  };
  for (const command of opening(policy)) await say(command);
  for (const move of moves) {
    const command = commandOf(world, state, move);
    if (command !== null) await say(command);
  }
  return wholeLog(store);
};

/** The same log told late: each event happened up to four hours before it was recorded, in whatever order. */
export const late = (log: readonly RecordedEvent[], seed: number): readonly RecordedEvent[] =>
  log.map((event) => {
    const { data, sequence } = event;
    const shift = (sequence * 7919 * (1 + (seed % 97)) + seed * 104_729) % 14_400_000;
    const effectiveAt = fromMilliseconds(toMilliseconds(event.effectiveAt) - shift);
    const dated = data.type === 'OrderFilled' ? { ...data, executedAt: effectiveAt } : data;
    return { ...event, effectiveAt, data: dated };
  });
