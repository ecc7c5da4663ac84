import fc from 'fast-check';
import type { ExportRange } from '#audit/export/range.ts';
import type { Piece } from '#audit/export/write-books.ts';
import type { EventFilter, LogReader, StoredEvent } from '#audit/ports/log-reader.ts';
import { type AccountCommand, decide } from '#commands/commands.ts';
import type { AccountEvent } from '#domain/account/events.ts';
import { evolve } from '#domain/account/evolve.ts';
import { unopened } from '#domain/account/state.ts';
import { type Actor, accountStream, type EventId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { fromMilliseconds, type Instant } from '#domain/time.ts';
import { uuid } from '../support/account-histories.ts';
import { accountOne, noon, quotesOf } from '../support/makers.ts';
import {
  anyMove,
  anyPolicy,
  commandOf,
  newWorld,
  opening,
  quotesIn,
} from '../support/random-trading.ts';

const isWanted = (event: RecordedEvent, filter: EventFilter): boolean =>
  (filter.accountId === undefined || event.stream === accountStream(filter.accountId)) &&
  (filter.types === undefined || filter.types.includes(event.data.type)) &&
  event.sequence <= (filter.toSequence ?? Number.MAX_SAFE_INTEGER) &&
  event.recordedAt <= (filter.recordedTo ?? '9999');

const pageSize = 7;

/** A log in memory as an auditor reads it: it knows the filters that an export uses. */
export const logOf = (events: readonly RecordedEvent[]): LogReader => ({
  head: async () => events.length,
  events: async function* (filter) {
    const wanted = events.filter((event) => isWanted(event, filter));
    for (let at = 0; at < wanted.length; at += pageSize) {
      yield wanted
        .slice(at, at + pageSize)
        .map(({ data, ...event }): StoredEvent => ({ ...event, type: data.type, body: '' }));
    }
  },
  decode: ({ sequence }) => {
    const event = events[sequence - 1];
    if (event === undefined) throw new Error(`no event ${sequence}`);
    return event;
  },
});

/** When an event was so in the world, as far as these tests need it. */
const timeOf = (data: AccountEvent): Instant | undefined => {
  if (data.type === 'FillBusted') return data.bustedAt;
  if (data.type === 'FillCorrected') return data.correctedAt;
  if (data.type === 'OrderFilled') return data.executedAt;
  return 'at' in data ? data.at : undefined;
};

/** These events in the first account's stream, written down a second after the other in 2030. */
export const recorded = (events: readonly AccountEvent[]): readonly RecordedEvent[] =>
  events.map((data, index) => {
    const id = uuid<EventId>(index + 1);
    return {
      id,
      effectiveAt: timeOf(data) ?? noon,
      correlationId: id,
      causationId: null,
      commandId: null,
      commandDigest: null,
      actor: 'operator' as Actor,
      sequence: index + 1,
      stream: accountStream(accountOne),
      revision: index + 1,
      version: 1,
      recordedAt: fromMilliseconds(Date.UTC(2030, 0, 1) + index * 1_000),
      hash: '0'.repeat(64),
      data,
    };
  });

/** What the first account says to these commands, in a market where ACME is at 10. */
export const decided = (...commands: readonly AccountCommand[]): readonly RecordedEvent[] => {
  const state = unopened();
  const events: AccountEvent[] = [];
  for (const command of commands) {
    const decision = decide(command, state, quotesOf());
    if (decision.kind === 'refused') throw new Error(`${command.type}: ${decision.refusal.code}`);
    for (const event of decision.events) evolve(state, event);
    events.push(...decision.events);
  }
  return recorded(events);
};

/** Random commands to one account: shorts, flips, splits with fractions, busts, corrections, dividends, fees. */
export const randomTrading = (seed: number, moves: number): readonly RecordedEvent[] => {
  const [policy] = fc.sample(anyPolicy, { seed, numRuns: 1 });
  if (policy === undefined) throw new Error('no policy');
  const world = newWorld();
  const state = unopened();
  const events: AccountEvent[] = [];
  const take = (command: AccountCommand | null): void => {
    if (command === null) return;
    const decision = decide(command, state, quotesIn(world));
    if (decision.kind === 'refused') return;
    for (const event of decision.events) evolve(state, event);
    events.push(...decision.events);
  };
  for (const command of opening(policy)) take(command);
  for (const move of fc.sample(anyMove, { seed, numRuns: moves }))
    take(commandOf(world, state, move));
  return recorded(events);
};

/** Each file of an export as a whole. */
export const filesOf = async (
  pieces: AsyncIterable<Piece>,
): Promise<ReadonlyMap<string, string>> => {
  const files = new Map<string, string>();
  for await (const { file, text } of pieces) files.set(file, (files.get(file) ?? '') + text);
  return files;
};

/** An export of books as a whole. */
export const textOf = async (pieces: AsyncIterable<Piece>): Promise<string> =>
  (await filesOf(pieces)).get('books') ?? '';

export const everything: ExportRange = {};
