import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventCodec } from '#database/event-codec.ts';
import { accountStream } from '#domain/ids.ts';
import type { LedgerEvent, RecordedEvent } from '#domain/recorded-event.ts';
import { eventSamples } from '#tests/support/event-samples.ts';
import { accountOne, noon } from '#tests/support/makers.ts';
import { makeEvent } from '#tests/support/recorded-events.ts';
import { eventJson } from './event.ts';

const snake = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(snake);
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snake(part),
    ]),
  );
};

/** Zero looks the same in every unit, so the smallest amount stands in for it. */
const withoutZero = <Value>(value: Value): Value => {
  if (value === 0n) return 1n as Value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const parts = Object.entries(value).map(([name, part]) => [name, withoutZero(part)]);
  return Object.fromEntries(parts) as Value;
};

/** The hash and the place do not matter here. */
const recorded = (data: LedgerEvent): RecordedEvent => ({
  ...makeEvent(0, { data }),
  stream: accountStream(accountOne),
  sequence: 1,
  revision: 1,
  version: 1,
  recordedAt: noon,
  hash: 'f'.repeat(64),
});

describe('an event in an answer', () => {
  for (const samples of Object.values(eventSamples)) {
    for (const data of [samples].flat()) {
      it(`has the numbers of the stored text: ${data.type}`, () => {
        const event = recorded(withoutZero(data));
        const stored = JSON.parse(eventCodec.encode(event, event));
        const { type, ...fields } = stored.data;
        deepEqual(eventJson(event).details, snake(fields));
        equal(eventJson(event).type, type);
      });
    }
  }
});
