import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Clock } from '#commands/ports/clock.ts';
import type { AppendOutcome, AppendRequest, EventStore } from '#commands/ports/event-store.ts';
import { asNewEvent, eventCodec } from '#database/event-codec.ts';
import { chainHash, firstHash } from '#database/hash-chain.ts';
import type { CommandId, StreamName } from '#domain/ids.ts';
import type { NewEvent, RecordedEvent } from '#domain/recorded-event.ts';
import { type Instant, instant } from '#domain/time.ts';
import { makeEvent, makeEvents } from '#tests/support/recorded-events.ts';

/** A fresh, empty store and how to end it. */
export type OpenStore = (
  clock: Clock,
) => Promise<{ readonly store: EventStore; readonly end: () => Promise<void> }>;

export const newStream = (): StreamName => `account-${randomUUID()}` as StreamName;
const newCommand = (): CommandId => randomUUID() as string as CommandId;
const noon = instant('2026-01-05T12:00:00Z');

/** A clock that stands still until it is set. */
export const settableClock = (start: Instant = noon): Clock & { set: (at: Instant) => void } => {
  let at = start;
  return {
    now: () => at,
    set: (next) => {
      at = next;
    },
  };
};

export const append = (
  stream: StreamName,
  expectedRevision: number,
  events: readonly NewEvent[],
): AppendRequest => ({ stream, expectedRevision, events });

/** The events of an outcome that must be `appended`. */
export const appended = (outcome: AppendOutcome | undefined): readonly RecordedEvent[] => {
  assert.equal(outcome?.kind, 'appended');
  return outcome?.kind === 'appended' ? outcome.events : [];
};

export const collect = async <T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> => {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
};

/** Every sequence is one more than the one before, every stream's revisions and hashes follow from each other. */
export const assertWholeLog = (log: readonly RecordedEvent[]): void => {
  const heads = new Map<StreamName, { revision: number; hash: string }>();
  for (const [index, event] of log.entries()) {
    assert.equal(event.sequence, index + 1);
    const head = heads.get(event.stream) ?? { revision: 0, hash: firstHash };
    assert.equal(event.revision, head.revision + 1);
    const body = eventCodec.encode(asNewEvent(event), event);
    assert.equal(event.hash, chainHash(head.hash, body));
    heads.set(event.stream, event);
  }
};

export const wholeLog = async (store: EventStore): Promise<readonly RecordedEvent[]> => {
  const log: RecordedEvent[] = [];
  for (;;) {
    const page = await store.readAll({ after: log.length, limit: 700 });
    if (page.length === 0) return log;
    log.push(...page);
  }
};

/** What every event store must do. */
export const eventStoreContract = (name: string, open: OpenStore): void => {
  const withStore = async (
    work: (store: EventStore, clock: ReturnType<typeof settableClock>) => Promise<void>,
  ): Promise<void> => {
    const clock = settableClock();
    const { store, end } = await open(clock);
    try {
      await work(store, clock);
      assertWholeLog(await wholeLog(store));
      assert.equal(await store.head(), (await wholeLog(store)).length);
    } finally {
      await end();
    }
  };
  const appendOne = async (store: EventStore, request: AppendRequest): Promise<AppendOutcome> => {
    const [outcome] = await store.append([request]);
    assert.ok(outcome);
    return outcome;
  };
  /** A stream with one event a command. */
  const filledStream = async (store: EventStore, size: number): Promise<StreamName> => {
    const stream = newStream();
    const requests = Array.from({ length: size }, (_, at) => append(stream, at, [makeEvent(at)]));
    for (const outcome of await store.append(requests)) appended(outcome);
    return stream;
  };

  describe(`${name}, empty`, () => {
    it('has nothing to read', () =>
      withStore(async (store) => {
        const stream = newStream();
        assert.equal(await store.head(), 0);
        assert.deepEqual(await store.readAll({ after: 0, limit: 10 }), []);
        assert.deepEqual(await collect(store.readStream(stream)), []);
        assert.deepEqual(await store.readStreamBackward(stream, { limit: 10 }), []);
        assert.deepEqual(await store.readCommand(stream, newCommand()), []);
      }));

    it('takes nothing at all', () =>
      withStore(async (store) => {
        assert.deepEqual(await store.append([]), []);
      }));

    it('gives the first events sequence and revision 1, 2, 3 and its own time', () =>
      withStore(async (store) => {
        const stream = newStream();
        const events = makeEvents(3);
        const written = appended(await appendOne(store, append(stream, 0, events)));
        assert.deepEqual(
          written.map(({ sequence, revision }) => [sequence, revision]),
          [
            [1, 1],
            [2, 2],
            [3, 3],
          ],
        );
        assert.deepEqual(written.map(asNewEvent), events);
        for (const event of written) {
          assert.equal(event.stream, stream);
          assert.equal(event.recordedAt, noon);
          assert.equal(event.version, 1);
        }
      }));

    it('keeps text of every kind as it was', () =>
      withStore(async (store) => {
        const data = {
          type: 'AccountSuspended',
          reason: 'ü "quoted" \\ back\nline \u2028 \u{1F4B6} {a,NULL} \t',
          at: noon,
        } as const;
        const stream = 'account-"odd", \\{name} ü' as StreamName;
        const commandId = 'key "with" \\ {odd}, NULL' as CommandId;
        await appendOne(store, append(stream, 0, [makeEvent(0, { data, commandId })]));
        const [read] = await collect(store.readStream(stream));
        assert.deepEqual(read?.data, data);
        assert.equal((await store.readCommand(stream, commandId)).length, 1);
      }));
  });

  describe(`${name}, a stream of three events`, () => {
    it('takes events at revision 3', () =>
      withStore(async (store) => {
        const stream = await filledStream(store, 3);
        const written = appended(await appendOne(store, append(stream, 3, makeEvents(2))));
        assert.deepEqual(
          written.map(({ sequence, revision }) => [sequence, revision]),
          [
            [4, 4],
            [5, 5],
          ],
        );
      }));

    for (const expected of [0, 2, 4, 1_000_000]) {
      it(`answers a writer who expects revision ${expected} with a conflict that names 3`, () =>
        withStore(async (store) => {
          const stream = await filledStream(store, 3);
          assert.deepEqual(await appendOne(store, append(stream, expected, makeEvents(1))), {
            kind: 'conflict',
            actualRevision: 3,
          });
          assert.equal(await store.head(), 3);
        }));
    }

    it('is no obstacle to a stream that does not exist, of which revision 1 cannot be expected', () =>
      withStore(async (store) => {
        await filledStream(store, 3);
        const other = newStream();
        const outcome = await appendOne(store, append(other, 1, makeEvents(1)));
        assert.deepEqual(outcome, { kind: 'conflict', actualRevision: 0 });
        appended(await appendOne(store, append(other, 0, makeEvents(1))));
      }));

    it('gives the same events by every way of reading', () =>
      withStore(async (store) => {
        const stream = await filledStream(store, 2);
        const events = makeEvents(1, newCommand());
        const written = appended(await appendOne(store, append(stream, 2, events)));
        const all = await store.readAll({ after: 0, limit: 10 });
        assert.deepEqual(all.slice(2), written);
        assert.deepEqual(await collect(store.readStream(stream)), all);
        assert.deepEqual(await store.readStreamBackward(stream, { limit: 10 }), all.toReversed());
        const commandId = events[0]?.commandId as CommandId;
        assert.deepEqual(await store.readCommand(stream, commandId), written);
      }));

    it('does not record an event before the last, even if the clock goes back', () =>
      withStore(async (store, clock) => {
        const stream = await filledStream(store, 3);
        clock.set(instant('2026-01-05T11:59:00Z'));
        const [event] = appended(await appendOne(store, append(stream, 3, makeEvents(1))));
        assert.equal(event?.recordedAt, noon);
        const [other] = appended(await appendOne(store, append(newStream(), 0, makeEvents(1))));
        assert.equal(other?.recordedAt, clock.now());
      }));
  });

  describe(`${name}, a batch`, () => {
    it('gives outcomes in the order of the requests, and one conflict spares its neighbours', () =>
      withStore(async (store) => {
        const old = await filledStream(store, 2);
        const [left, right] = [newStream(), newStream()];
        const outcomes = await store.append([
          append(left, 0, makeEvents(2)),
          append(old, 1, makeEvents(1)),
          append(right, 0, makeEvents(1)),
        ]);
        assert.deepEqual(
          outcomes.map(({ kind }) => kind),
          ['appended', 'conflict', 'appended'],
        );
        assert.equal(appended(outcomes[0])[0]?.stream, left);
        assert.equal(appended(outcomes[2])[0]?.stream, right);
        assert.equal(await store.head(), 5);
      }));

    it('lets a request expect the revision that an earlier one of its stream makes', () =>
      withStore(async (store) => {
        const [stream, other] = [newStream(), newStream()];
        const outcomes = await store.append([
          append(stream, 0, makeEvents(2)),
          append(other, 0, makeEvents(1)),
          append(stream, 2, makeEvents(1)),
          append(stream, 3, makeEvents(3)),
        ]);
        for (const outcome of outcomes) appended(outcome);
        assert.equal((await collect(store.readStream(stream))).length, 6);
      }));

    it('lets fall what follows a fallen request of its stream, even where the revision happens to fit', () =>
      withStore(async (store) => {
        const stream = await filledStream(store, 2);
        const outcomes = await store.append([
          append(stream, 1, makeEvents(1)),
          append(stream, 2, makeEvents(1)),
        ]);
        for (const outcome of outcomes) {
          assert.deepEqual(outcome, { kind: 'conflict', actualRevision: 2 });
        }
        appended(await appendOne(store, append(stream, 2, makeEvents(1))));
      }));

    it('keeps what came before a fallen request of its stream', () =>
      withStore(async (store) => {
        const stream = newStream();
        const outcomes = await store.append([
          append(stream, 0, makeEvents(2)),
          append(stream, 1, makeEvents(1)),
          append(stream, 2, makeEvents(1)),
        ]);
        assert.deepEqual(
          outcomes.map(({ kind }) => kind),
          ['appended', 'conflict', 'conflict'],
        );
        assert.equal(await store.head(), 2);
      }));
  });

  describe(`${name}, the same events once more`, () => {
    it('answers with what is stored and writes nothing', () =>
      withStore(async (store, clock) => {
        const request = append(newStream(), 0, makeEvents(2));
        const first = appended(await appendOne(store, request));
        appended(await appendOne(store, append(request.stream, 2, makeEvents(1))));
        clock.set(instant('2026-01-06T12:00:00Z'));
        assert.deepEqual(await appendOne(store, request), {
          kind: 'appended',
          events: first,
          repeated: true,
        });
        assert.equal(await store.head(), 3);
      }));

    it('knows them within one batch too, and events without a command id', () =>
      withStore(async (store) => {
        const request = append(newStream(), 0, makeEvents(2, null));
        const next = append(request.stream, 2, makeEvents(1, null));
        const outcomes = await store.append([request, request, next, request, next]);
        assert.deepEqual(
          outcomes.map((outcome) => outcome.kind === 'appended' && outcome.repeated),
          [false, true, false, true, true],
        );
        assert.deepEqual(appended(outcomes[0]), appended(outcomes[3]));
        assert.equal(await store.head(), 3);
      }));

    it('sees a conflict where only some of them are there', () =>
      withStore(async (store) => {
        const stream = newStream();
        const events = makeEvents(3, null);
        appended(await appendOne(store, append(stream, 0, events.slice(0, 2))));
        const outcome = await appendOne(store, append(stream, 0, events));
        assert.deepEqual(outcome, { kind: 'conflict', actualRevision: 2 });
      }));

    it('refuses an event id that is used elsewhere, and writes nothing of that call', () =>
      withStore(async (store) => {
        const [event] = makeEvents(1);
        assert.ok(event);
        appended(await appendOne(store, append(newStream(), 0, [event])));
        const calls = [
          store.append([
            append(newStream(), 0, makeEvents(1)),
            append(newStream(), 0, [{ ...event, commandId: null }]),
          ]),
          store.append([append(newStream(), 0, makeEvents(1))]),
        ];
        const [guilty, neighbour] = await Promise.allSettled(calls);
        assert.equal(guilty?.status, 'rejected');
        assert.equal((guilty as PromiseRejectedResult).reason.code, 'duplicate_event_id');
        assert.equal(neighbour?.status, 'fulfilled');
        assert.equal(await store.head(), 2);
      }));
  });

  describe(`${name}, a command that is in the stream already`, () => {
    const setUp = async (store: EventStore) => {
      const stream = await filledStream(store, 1);
      const commandId = newCommand();
      const made = appended(await appendOne(store, append(stream, 1, makeEvents(3, commandId))));
      appended(await appendOne(store, append(stream, 4, makeEvents(1))));
      return { stream, commandId, known: { kind: 'known_command', events: made } };
    };

    for (const expected of [0, 1, 5, 9]) {
      it(`answers with the events it made, whatever revision is expected (${expected} of 5)`, () =>
        withStore(async (store) => {
          const { stream, commandId, known } = await setUp(store);
          const again = append(stream, expected, makeEvents(2, commandId));
          assert.deepEqual(await appendOne(store, again), known);
          assert.equal(await store.head(), 5);
        }));
    }

    it('takes with it what follows in its stream, and nothing else', () =>
      withStore(async (store) => {
        const { stream, commandId, known } = await setUp(store);
        const other = newStream();
        const outcomes = await store.append([
          append(stream, 5, makeEvents(1)),
          append(stream, 6, makeEvents(2, commandId)),
          append(stream, 6, makeEvents(1)),
          append(stream, 8, makeEvents(1)),
          append(other, 0, makeEvents(2, commandId)),
        ]);
        appended(outcomes[0]);
        assert.deepEqual(outcomes[1], known);
        assert.deepEqual(outcomes[2], { kind: 'conflict', actualRevision: 6 });
        assert.deepEqual(outcomes[3], { kind: 'conflict', actualRevision: 6 });
        assert.equal(appended(outcomes[4]).length, 2, 'another stream does not know the command');
        assert.equal((await store.readCommand(other, commandId)).length, 2);
      }));

    it('is known to the rest of the batch that brings it', () =>
      withStore(async (store) => {
        const stream = newStream();
        const commandId = newCommand();
        const outcomes = await store.append([
          append(stream, 0, makeEvents(2, commandId)),
          append(stream, 2, makeEvents(2, commandId)),
        ]);
        const made = appended(outcomes[0]);
        assert.deepEqual(outcomes[1], { kind: 'known_command', events: made });
        assert.equal(await store.head(), 2);
      }));
  });

  describe(`${name}, given what the port does not allow`, () => {
    const wrong: readonly [string, AppendRequest][] = [
      ['no events', append(newStream(), 0, [])],
      ['a negative revision', append(newStream(), -1, makeEvents(1))],
      ['a broken revision', append(newStream(), 0.5, makeEvents(1))],
      ['events of two commands', append(newStream(), 0, [makeEvent(), makeEvent()])],
      ['no stream', append('' as StreamName, 0, makeEvents(1))],
    ];
    for (const [what, request] of wrong) {
      it(`rejects ${what}`, () =>
        withStore(async (store) => {
          await assert.rejects(store.append([request]), { code: 'invalid_append' });
          assert.equal(await store.head(), 0);
        }));
    }

    it('rejects the call whose event could not be read back, and no other', () =>
      withStore(async (store) => {
        const unreadable = makeEvent(0, { id: 'no uuid' as NewEvent['id'] });
        const [guilty, neighbour] = await Promise.allSettled([
          store.append([
            append(newStream(), 0, makeEvents(1)),
            append(newStream(), 0, [unreadable]),
          ]),
          store.append([append(newStream(), 0, makeEvents(1))]),
        ]);
        assert.equal(guilty?.status, 'rejected');
        assert.equal((guilty as PromiseRejectedResult).reason.name, 'InvariantViolation');
        assert.equal(neighbour?.status, 'fulfilled');
        assert.equal(await store.head(), 1);
      }));

    it('rejects everything once it is closed', async () => {
      const { store, end } = await open(settableClock());
      await store.close();
      await assert.rejects(store.append([append(newStream(), 0, makeEvents(1))]), {
        code: 'closed',
      });
      await end();
    });
  });

  describe(`${name}, many events`, () => {
    it('reads long streams in pages of bounded size, from anywhere', () =>
      withStore(async (store) => {
        const stream = newStream();
        const other = newStream();
        for (let revision = 0; revision < 2_500; revision += 500) {
          await store.append([
            append(stream, revision, makeEvents(500)),
            append(other, revision / 500, makeEvents(1)),
          ]);
        }
        const all = await collect(store.readStream(stream));
        assert.deepEqual(
          all.map(({ revision }) => revision),
          Array.from({ length: 2_500 }, (_, index) => index + 1),
        );
        for await (const page of store.readStream(stream)) assert.ok(page.length <= 1_000);
        assert.deepEqual(
          await collect(store.readStream(stream, { after: 2_400 })),
          all.slice(2_400),
        );
        assert.deepEqual(await collect(store.readStream(stream, { after: 2_500 })), []);
        const newest = await store.readStreamBackward(stream, { limit: 2 });
        assert.deepEqual(newest, [all[2_499], all[2_498]]);
        const before = await store.readStreamBackward(stream, { before: 3, limit: 5 });
        assert.deepEqual(before, [all[1], all[0]]);
        assert.deepEqual(await store.readStreamBackward(stream, { before: 1, limit: 5 }), []);
        const page = await store.readAll({ after: 2_503, limit: 1_000 });
        assert.deepEqual(
          page.map(({ sequence }) => sequence),
          [2_504, 2_505],
        );
      }));

    it('lets exactly one of many writers win each revision', () =>
      withStore(async (store) => {
        const stream = newStream();
        const race = async (revision: number) =>
          Promise.all(
            Array.from({ length: 8 }, () =>
              appendOne(store, append(stream, revision, makeEvents(1))),
            ),
          );
        for (let revision = 0; revision < 5; revision++) {
          const kinds = (await race(revision)).map(({ kind }) => kind).sort();
          assert.deepEqual(kinds, ['appended', ...new Array(7).fill('conflict')]);
        }
      }));
  });

  describe(`${name}, a subscription`, () => {
    const following = (store: EventStore, after: number, until: number, batchMax = 500) => {
      const abort = new AbortController();
      const seen: RecordedEvent[] = [];
      const sizes: number[] = [];
      const done = (async () => {
        for await (const batch of store.subscribe({ after, batchMax, signal: abort.signal })) {
          seen.push(...batch);
          sizes.push(batch.length);
          if ((seen.at(-1)?.sequence ?? 0) >= until) break;
        }
      })();
      return { abort, seen, sizes, done };
    };

    it('gives what is there, then what comes, without a gap or a repeat', () =>
      withStore(async (store) => {
        const stream = await filledStream(store, 120);
        const follower = following(store, 0, 420, 50);
        for (let revision = 120; revision < 420; revision += 3) {
          await store.append([append(stream, revision, makeEvents(3))]);
        }
        await follower.done;
        assert.deepEqual(follower.seen, await collect(store.readStream(stream)));
        assert.ok(follower.sizes.every((size) => size > 0 && size <= 50));
      }));

    it('starts after the sequence it is given, also where that is the end', () =>
      withStore(async (store) => {
        const stream = await filledStream(store, 10);
        const middle = following(store, 6, 11);
        const end = following(store, 10, 11);
        await store.append([append(stream, 10, makeEvents(1))]);
        await Promise.all([middle.done, end.done]);
        assert.deepEqual(
          middle.seen.map(({ sequence }) => sequence),
          [7, 8, 9, 10, 11],
        );
        assert.deepEqual(
          end.seen.map(({ sequence }) => sequence),
          [11],
        );
      }));

    it('loses nothing for a slow reader while others write', () =>
      withStore(async (store) => {
        const stream = await filledStream(store, 1);
        const abort = new AbortController();
        const seen: number[] = [];
        const reading = (async () => {
          for await (const batch of store.subscribe({
            after: 0,
            batchMax: 7,
            signal: abort.signal,
          })) {
            seen.push(...batch.map(({ sequence }) => sequence));
            await new Promise((resolve) => setTimeout(resolve, 1));
            if (seen.at(-1) === 301) return;
          }
        })();
        for (let revision = 1; revision < 301; revision += 10) {
          await store.append([append(stream, revision, makeEvents(10))]);
        }
        await reading;
        assert.deepEqual(
          seen,
          Array.from({ length: 301 }, (_, index) => index + 1),
        );
      }));

    it('ends when its signal aborts, while it waits and before it began', () =>
      withStore(async (store) => {
        await filledStream(store, 1);
        const waiting = following(store, 0, 99);
        while (waiting.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        waiting.abort.abort();
        await waiting.done;
        const late = following(store, 0, 99);
        late.abort.abort();
        await late.done;
        assert.equal(late.seen.length, 0);
      }));

    it('ends when the store is closed', async () => {
      const { store, end } = await open(settableClock());
      const follower = following(store, 0, 99);
      await store.append([append(newStream(), 0, makeEvents(1))]);
      await store.close();
      await follower.done;
      await end();
    });
  });
};
