import type { StreamName } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { VerifySnapshot } from '../ports/ledger-snapshot.ts';
import type { StoredEvent } from '../ports/log-reader.ts';
import { leafText } from '../seals/leaf.ts';
import { leafHash } from '../seals/merkle.ts';
import { eventsToVerify } from './events-to-verify.ts';
import { createPlacedFindings, type FindingSink } from './finding.ts';
import { checkHeads, createStreamChecks } from './log-checks.ts';
import type { FoundAt, PartEnd, PartOrder, Taken, VerifyPart } from './part.ts';
import { readBody } from './read-body.ts';
import { type RunRecord, recordsOf, restorePart } from './saved-run.ts';
import { accountOf, isFirst, isIn, ownerOf } from './share.ts';
import { createStateChecks, type StateChecks } from './state-checks.ts';
import { type BooksVerifier, createBooksVerifier } from './verify-books.ts';

type Pages = AsyncIterable<readonly StoredEvent[]>;

/** Pages of events, handed out up to one place after the other. */
const createStretches = (pages: Pages) => {
  const iterator = pages[Symbol.asyncIterator]();
  let page: readonly StoredEvent[] = [];
  let place = 0;
  let isOver = false;
  return {
    /** The events that come next, of those up to this sequence; none where there are no more. */
    next: async (to: number): Promise<readonly StoredEvent[]> => {
      while (place === page.length) {
        if (isOver) return [];
        const { done, value } = await iterator.next();
        isOver = done === true;
        page = done ? [] : value;
        place = 0;
      }
      const from = place;
      while (place < page.length && (page[place] as StoredEvent).sequence <= to) place += 1;
      return from === 0 && place === page.length ? page : page.slice(from, place);
    },
  };
};

/** Findings with the event that each belongs to. */
const createFoundAlong = () => {
  const inTables = createPlacedFindings();
  let found: FoundAt[] = [];
  const now = { sequence: 0, isOwn: true, whenBooked: false };
  const sink: FindingSink = {
    add: (finding) => {
      const { sequence, isOwn, whenBooked } = now;
      if (finding.table !== undefined) inTables.add(finding);
      // What belongs to no account is seen by every part, and told by the first.
      else if (isOwn) found.push({ sequence, whenBooked, finding });
    },
  };
  return {
    inTables,
    now,
    sink,
    take: (): readonly FoundAt[] => {
      const all = found;
      found = [];
      return all;
    },
  };
};

/** What a part has to tell of a stretch, gathered as it goes by. */
const createTelling = (withLeaves: boolean) => {
  const sequences: number[] = [];
  const leaves: Buffer[] = [];
  let hash: string | null = null;
  return {
    add: (stored: StoredEvent): void => {
      sequences.push(stored.sequence);
      if (withLeaves) leaves.push(leafHash(leafText(stored)));
      hash = stored.hash;
    },
    taken: (booked: number, found: readonly FoundAt[]): Taken => ({
      sequences,
      leaves: Buffer.concat(leaves),
      hash,
      booked,
      found,
    }),
  };
};

type Telling = ReturnType<typeof createTelling>;

const recordsAtOnce = 1_000;

const nothingBooked: PartEnd = {
  rows: {},
  held: {},
  accounts: 0,
  unknown: 0,
  states: { checked: 0, skipped: 0, notReached: 0 },
};

/** A part of the work in this thread, over a look at the ledger. */
export const createLocalPart = (
  { log, tables }: Pick<VerifySnapshot, 'log' | 'tables'>,
  order: PartOrder,
): VerifyPart => {
  const { accountId, accounts, from, head, readBefore, toBook } = order;
  const isWhole = isFirst(accounts) && accounts.to === null;
  const some = isWhole ? {} : { accounts };
  const along = createFoundAlong();
  const { now, sink } = along;
  const streams = createStreamChecks(sink, order.mayBegin);
  const range = { from, to: head };
  const stretches = createStretches(eventsToVerify(log, range, accountId, some.accounts));
  const filter = { after: toBook?.after ?? 0, ...(accountId === null ? some : { accountId }) };
  const books = toBook === null ? null : createBooksVerifier(sink, log, tables, filter);
  const restored: RunRecord[] = [];
  let states: StateChecks | null = null;
  let records: Iterator<RunRecord> = [].values();
  let booked = 0;

  const catchUp = async (): Promise<void> => {
    await books?.catchUp();
    await states?.catchUp();
  };

  const isToBook = (sequence: number): boolean =>
    toBook !== null && sequence > toBook.after && sequence <= toBook.checkpoint;

  const takeBooks = (
    verifier: BooksVerifier,
    stored: StoredEvent,
    event: RecordedEvent | undefined,
  ): void => {
    now.whenBooked = true;
    verifier.take(stored, event);
    const id = accountOf(stored.stream);
    if (id !== null) states?.take(stored, verifier.books.accounts.get(id));
    booked = stored.sequence;
  };

  const takeEvent = (
    stored: StoredEvent,
    { event, flaws }: ReturnType<typeof readBody>,
    verifier: BooksVerifier | null,
    telling: Telling,
  ): void => {
    now.sequence = stored.sequence;
    now.isOwn = isIn(accounts, ownerOf(stored.stream));
    now.whenBooked = false;
    if (stored.sequence > readBefore && now.isOwn) {
      streams.take(stored);
      for (const flaw of flaws) sink.add(flaw);
      telling.add(stored);
    }
    if (verifier !== null) takeBooks(verifier, stored, event);
  };

  const takePage = async (page: readonly StoredEvent[], telling: Telling): Promise<void> => {
    for (const stored of page) {
      const body = readBody(log, stored);
      const verifier = isToBook(stored.sequence) ? books : null;
      // Mostly all is at hand, and no event costs a turn of the event loop.
      if (verifier?.isReady(stored, body.event) === false) {
        await verifier.prepare(stored, body.event);
      }
      takeEvent(stored, body, verifier, telling);
    }
    await catchUp();
  };

  return {
    restore: async (some) => {
      for (const record of some) restored.push(record);
    },
    begin: async () => {
      if (books === null) return;
      restorePart(streams.heads, books, restored.splice(0));
      await books.catchUp();
      const isOurs = (stream: string): boolean => isIn(accounts, ownerOf(stream as StreamName));
      states = await createStateChecks(sink, tables, accountId, isOurs);
    },
    take: async (to) => {
      const telling = createTelling(order.withLeaves);
      for (let page = await stretches.next(to); page.length > 0; page = await stretches.next(to)) {
        await takePage(page, telling);
      }
      return telling.taken(booked, along.take());
    },
    records: async (anew) => {
      if (anew && books !== null) records = recordsOf(streams.heads, books, isFirst(accounts));
      const some: RunRecord[] = [];
      while (some.length < recordsAtOnce) {
        const { done, value } = records.next();
        if (done) break;
        some.push(value);
      }
      return some;
    },
    foundInTables: async () => along.inTables.found(),
    endStreams: async (withHeads) => {
      const found = createPlacedFindings();
      const isOurs = (stream: StreamName): boolean => isIn(accounts, ownerOf(stream));
      if (withHeads) await checkHeads(found, tables, streams.heads, isOurs);
      return { streams: streams.heads.size, onTrust: streams.onTrust(), found: found.found() };
    },
    drain: async () => {
      if (books === null) return { lost: [], last: 0 };
      const last = await books.drain(head);
      return { lost: books.lost(), last };
    },
    claims: async (lost) => books?.claims(lost) ?? lost.map(() => 0),
    end: async (returned) => {
      if (books === null || states === null) return nothingBooked;
      return {
        rows: await books.end(returned),
        held: books.held(),
        accounts: books.accounts(),
        unknown: books.unknown(),
        states: {
          checked: states.checked(),
          skipped: states.skipped(),
          notReached: states.notReached(),
        },
      };
    },
  };
};
