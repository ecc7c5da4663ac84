import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { AppendOutcome, AppendRequest, EventStore } from '#commands/ports/event-store.ts';
import type { CommandId, StreamName } from '#domain/ids.ts';
import { makeEvents } from '#tests/support/recorded-events.ts';
import {
  append,
  assertWholeLog,
  collect,
  type OpenStore,
  settableClock,
  wholeLog,
} from './event-store.ts';
import { EventStoreModel, type ModelOutcome } from './event-store-model.ts';

type Step = {
  readonly stream: number;
  /** Off the revision the stream has by the model when the batch begins, plus what the batch would add. */
  readonly off: number;
  readonly size: number;
  readonly command: number | null;
  /** Sends an earlier request again instead, so many back. */
  readonly again: number | null;
};

const step: fc.Arbitrary<Step> = fc.record({
  stream: fc.integer({ min: 0, max: 2 }),
  off: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: -3, max: 2 }) },
  ),
  size: fc.integer({ min: 1, max: 3 }),
  command: fc.option(fc.integer({ min: 0, max: 12 }), { freq: 3 }),
  again: fc.option(fc.integer({ min: 0, max: 5 }), { freq: 5 }),
});
const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { maxLength: 6 });

const brief = (outcome: AppendOutcome): ModelOutcome => {
  if (outcome.kind === 'conflict') return outcome;
  const ids = outcome.events.map(({ id }) => id);
  return outcome.kind === 'known_command'
    ? { kind: 'known_command', ids }
    : { kind: 'appended', repeated: outcome.repeated, ids };
};

const withoutSequence = (outcome: AppendOutcome): object =>
  outcome.kind === 'conflict'
    ? outcome
    : { ...outcome, events: outcome.events.map((event) => ({ ...event, sequence: 0 })) };

/** Turns steps into requests against streams that no earlier run has used. */
const createRequests = (model: EventStoreModel, run: string) => {
  const sent: AppendRequest[] = [];
  return (steps: readonly Step[]): readonly AppendRequest[] => {
    const added = new Map<StreamName, number>();
    return steps.map(({ stream, off, size, command, again }) => {
      const earlier = again === null ? undefined : sent.at(-1 - again);
      if (earlier !== undefined) return earlier;
      const name = `account-${run}-${stream}` as StreamName;
      const revision = model.revision(name) + (added.get(name) ?? 0);
      added.set(name, (added.get(name) ?? 0) + size);
      const commandId = command === null ? null : (`command-${command}` as CommandId);
      const request = append(name, Math.max(0, revision + off), makeEvents(size, commandId));
      sent.push(request);
      return request;
    });
  };
};

const assertHolds = async (store: EventStore, model: EventStoreModel): Promise<void> => {
  for (const [stream, events] of model.streams) {
    const stored = await collect(store.readStream(stream as StreamName));
    assert.deepEqual(
      stored.map(({ id }) => id),
      events.map(({ id }) => id),
    );
  }
};

/** Any sequence of batches has the outcomes that the model says, in every one of the stores. */
export const randomBatches = (name: string, opens: readonly OpenStore[], runs: number): void => {
  it(`${name}: random batches have the outcomes the model says, and leave what it holds`, async () => {
    const opened = await Promise.all(opens.map((open) => open(settableClock())));
    const stores: readonly EventStore[] = opened.map(({ store }) => store);
    let run = 0;
    let count = 0;
    const property = fc.asyncProperty(batches, async (all) => {
      const model = new EventStoreModel();
      const requestsOf = createRequests(model, `${run++}`);
      for (const steps of all) {
        const requests = requestsOf(steps);
        const expected = model.append(requests);
        const found = await Promise.all(stores.map((store) => store.append(requests)));
        // Between streams of one batch the place in the global log may differ; all else may not.
        for (const outcomes of found) {
          assert.deepEqual(outcomes.map(brief), expected);
          assert.deepEqual(outcomes.map(withoutSequence), found[0]?.map(withoutSequence));
        }
      }
      count += model.count;
      for (const store of stores) await assertHolds(store, model);
    });
    try {
      await fc.assert(property, { numRuns: runs });
      for (const store of stores) {
        const log = await wholeLog(store);
        assert.equal(log.length, count);
        assertWholeLog(log);
      }
    } finally {
      for (const { end } of opened) await end();
    }
  });
};
