import {
  type Actor,
  type CommandId,
  type EventId,
  marketStream,
  type StreamName,
  sessionsStream,
} from '#domain/ids.ts';
import type { MarketEvent } from '#domain/market/events.ts';
import { formatPrice } from '#domain/money.ts';
import type { NewEvent } from '#domain/recorded-event.ts';
import type { Instant, SessionDate } from '#domain/time.ts';
import type { Digest } from '../ports/digest.ts';
import type { AppendRequest, EventStore } from '../ports/event-store.ts';
import type { Ids } from '../ports/ids.ts';
import type { SessionMark } from '../ports/market-feed.ts';

export type MarketLedger = {
  /** Records what a session did to each symbol, once per symbol and session however often it is said. */
  readonly markPrices: (marks: readonly SessionMark[], source: string) => Promise<void>;
  /** Ends a session: say it after all its marks. */
  readonly closeSession: (session: SessionDate, at: Instant) => Promise<void>;
};

type Fact = { readonly stream: StreamName; readonly name: string; readonly data: MarketEvent };

/** The market's side of the log: closing prices and sessions, in streams of their own. */
export const createMarketLedger = (
  store: EventStore,
  ids: Ids,
  digest: Digest,
  actor: Actor,
): MarketLedger => {
  const factAt = ({ data, name }: Fact, at: Instant): NewEvent => {
    const id = ids.next() as EventId;
    return {
      id,
      effectiveAt: at,
      correlationId: id,
      causationId: null,
      commandId: `m:${name}` as CommandId,
      commandDigest: digest(name),
      actor,
      data,
    };
  };

  /** Appends each fact to its stream's end; a stream somebody else wrote to meanwhile is tried again. */
  const record = async (facts: readonly Fact[], at: Instant): Promise<void> => {
    let left = facts;
    while (left.length > 0) {
      const requests = await Promise.all(
        left.map(async (fact): Promise<AppendRequest> => {
          const [newest] = await store.readStreamBackward(fact.stream, { limit: 1 });
          const expectedRevision = newest?.revision ?? 0;
          return { stream: fact.stream, expectedRevision, events: [factAt(fact, at)] };
        }),
      );
      const outcomes = await store.append(requests);
      left = left.filter((_, index) => outcomes[index]?.kind === 'conflict');
    }
  };

  return {
    markPrices: async (marks, source) => {
      const facts = marks.map((mark): Fact => {
        const name = `mark:${mark.session}:${mark.markedAt}:${formatPrice(mark.close)}`;
        return {
          stream: marketStream(mark.symbol),
          name,
          data: { type: 'PriceMarked', ...mark, source },
        };
      });
      const at = marks[0]?.markedAt;
      if (at !== undefined) await record(facts, at);
    },
    closeSession: async (session, closedAt) => {
      const data = { type: 'SessionClosed', session, closedAt } as const;
      await record([{ stream: sessionsStream, name: `close:${session}`, data }], closedAt);
    },
  };
};
