import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Actor, CommandId, EventId, StreamName } from '#domain/ids.ts';
import { InvariantViolation } from '#domain/invariant.ts';
import type { Cash } from '#domain/money.ts';
import type { LedgerEvent, NewEvent } from '#domain/recorded-event.ts';
import { instant } from '#domain/time.ts';
import { eventSamples } from '#tests/support/event-samples.ts';
import { describeEnvelope, describeEvents, eventSchemas } from './event-catalogue.ts';
import {
  asNewEvent,
  createEventCodec,
  eventCodec,
  type Place,
  type Schemas,
} from './event-codec.ts';
import { cash, type JsonObject, text } from './event-kinds.ts';
import { chainHash, firstHash, verifyChain } from './hash-chain.ts';

const golden = readFileSync(
  join(import.meta.dirname, '..', 'tests', 'golden', 'events-v1.jsonl'),
  'utf8',
)
  .trimEnd()
  .split('\n');

const place: Place = {
  stream: 'account-0190a1b2-c3d4-7e5f-8a6b-0123456789aa' as StreamName,
  revision: 1,
  recordedAt: instant('2024-02-29T21:00:01Z'),
};
const idOf = (number: number): EventId =>
  `0190a1b2-c3d4-7e5f-8a6b-${String(number).padStart(12, '0')}` as EventId;

const newEvent = (data: LedgerEvent, over: Partial<NewEvent> = {}): NewEvent => ({
  id: idOf(1),
  effectiveAt: instant('2024-02-29T14:30:00.123456Z'),
  correlationId: idOf(2),
  causationId: idOf(3),
  commandId: 'client:my "first" order\\1' as CommandId,
  commandDigest: '0123456789abcdef'.repeat(4),
  actor: 'operator' as Actor,
  data,
  ...over,
});

const decode = (body: string) => eventCodec.decode({ sequence: 42, hash: firstHash, body });
const isCorrupt = (error: unknown): boolean =>
  error instanceof InvariantViolation &&
  'code' in error &&
  error.code === 'corrupt_event' &&
  error.message.startsWith('event 42 is corrupt: ');

describe('the stored text of every type of event', () => {
  for (const data of Object.values(eventSamples)) {
    it(`reads back as the ${data.type} it was`, () => {
      const event = newEvent(data);
      const recorded = decode(eventCodec.encode(event, place));
      assert.deepEqual(recorded, { ...event, ...place, version: 1, sequence: 42, hash: firstHash });
    });
  }

  it('has its fields in the order of the table, whatever their order in the event', () => {
    const shuffled = Object.fromEntries(Object.entries(eventSamples.OrderFilled).reverse());
    const body = eventCodec.encode(newEvent(shuffled as LedgerEvent), place);
    assert.equal(body, eventCodec.encode(newEvent(eventSamples.OrderFilled), place));
  });

  it('has the details of a refusal in the order of their names', () => {
    const { OrderRefused } = eventSamples;
    const [left, right] = [
      { b: '1', a: '2', '10': '3' },
      { '10': '3', a: '2', b: '1' },
    ].map((details) => eventCodec.encode(newEvent({ ...OrderRefused, details }), place));
    assert.equal(left, right);
  });
});

describe('the golden events of version 1', () => {
  it('hold one of each type', () => {
    const types = golden.map((body) => decode(body).data.type);
    assert.deepEqual(types.toSorted(), Object.keys(eventSchemas).toSorted());
  });

  for (const [index, body] of golden.entries()) {
    it(`read as they were written, to the byte (line ${index + 1})`, () => {
      const recorded = decode(body);
      const today = createEventCodec().encode(asNewEvent(recorded), recorded);
      if (eventSchemas[recorded.data.type].version === 1) assert.equal(today, body);
      assert.deepEqual(recorded.data, eventSamples[recorded.data.type]);
    });
  }

  it('are chained to the same hash as ever', () => {
    const chained = (bodies: readonly string[]): string =>
      bodies.reduce((previous, body) => chainHash(previous, body), firstHash);
    // The types of the first release, and with those that came with reconciling.
    assert.equal(
      chained(golden.slice(0, 32)),
      '3f06ca8a457f5c468bff250151bf3478900d73ee42cd19fc97ada6c771bcd1eb',
    );
    assert.equal(
      chained(golden),
      '704303114dce2a8aa961ad24fa170b8cca853a5149d8e968462ca481b981a02d',
    );
  });
});

type Path = readonly string[];
/** Texts by name: whatever they are is right. */
const free: ReadonlySet<string> = new Set(['details', 'ours', 'theirs']);
const leaves = (json: JsonObject, path: Path = []): Path[] =>
  Object.entries(json).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !free.has(name)
      ? [[...path, name], ...leaves(value as JsonObject, [...path, name])]
      : [[...path, name]],
  );
const change = (
  body: string,
  path: Path,
  edit: (parent: Record<string, unknown>, name: string) => void,
) => {
  const json = JSON.parse(body);
  const name = path.at(-1) as string;
  edit(
    path.slice(0, -1).reduce((inner, step) => inner[step], json),
    name,
  );
  return JSON.stringify(json);
};

describe('a stored text that is not what it should be', () => {
  const edits: readonly [string, (parent: Record<string, unknown>, name: string) => void][] = [
    ['is missing', (parent, name) => delete parent[name]],
    ['is a broken number', (parent, name) => Object.assign(parent, { [name]: -1.5 })],
    ['is a list', (parent, name) => Object.assign(parent, { [name]: [] })],
    ['has a neighbour nobody knows', (parent) => Object.assign(parent, { unheardOf: null })],
  ];
  for (const body of golden) {
    const type = JSON.parse(body).data.type;
    it(`is found out wherever a field of ${type} is missing, of another kind, or one too many`, () => {
      for (const path of leaves(JSON.parse(body))) {
        for (const [what, edit] of edits) {
          if (what === 'is a list' && path.at(-1) === 'seenAgain') continue;
          const broken = change(body, path, edit);
          assert.throws(() => decode(broken), isCorrupt, `${path.join('.')} ${what}`);
        }
      }
    });
  }

  const filled = golden.find((body) => body.includes('"OrderFilled"')) ?? '';
  const wrong: readonly [string, string][] = [
    ['"price":"401.123456789"', '"price":"401.1234567891"'],
    ['"price":"401.123456789"', '"price":"4e2"'],
    ['"price":"401.123456789"', '"price":"NaN"'],
    ['"price":"401.123456789"', '"price":401.123456789'],
    ['"side":"buy"', '"side":"borrow"'],
    ['"executedAt":"2024-02-29T', '"executedAt":"2023-02-29T'],
    ['"executedAt":"2024-02-29T', '"executedAt":"2024-02-29 '],
    ['"orderId":"0190a1b2-', '"orderId":"0190A1B2-'],
    ['"type":"OrderFilled"', '"type":"OrderFulfilled"'],
    ['"type":"OrderFilled"', '"type":"toString"'],
    ['"version":1', '"version":2'],
    ['"revision":', '"revision":-'],
    ['{"stream"', '[{"stream"'],
  ];
  for (const [from, to] of wrong) {
    it(`is found out with ${to} for ${from}`, () => {
      assert.ok(filled.includes(from));
      assert.throws(() => decode(filled.replace(from, to)), isCorrupt);
    });
  }
});

describe('an event that could not be read back', () => {
  const { AccountSuspended, CashDeposited } = eventSamples;
  const wrong: readonly [string, NewEvent][] = [
    ['an id that is no uuid', newEvent(AccountSuspended, { id: 'event-1' as EventId })],
    ['text with U+0000', newEvent({ ...AccountSuspended, reason: 'a\0b' })],
    ['half a character', newEvent({ ...AccountSuspended, reason: 'a\ud800b' })],
    ['an empty actor', newEvent(AccountSuspended, { actor: '' as Actor })],
    ['more cash than is read', newEvent({ ...CashDeposited, amount: (10n ** 78n) as Cash })],
    ['an unknown type', newEvent({ ...AccountSuspended, type: 'Nothing' } as never)],
  ];
  for (const [what, event] of wrong) {
    it(`is not written: ${what}`, () => {
      assert.throws(() => eventCodec.encode(event, place), InvariantViolation);
    });
  }

  it('does not exist: any amount and any text that is written is read back', () => {
    const limit = 10n ** 78n - 1n;
    const amounts = fc.bigInt({ min: -limit, max: limit });
    const texts = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));
    fc.assert(
      fc.property(amounts, texts, (amount, description) => {
        const data = { ...CashDeposited, amount: amount as Cash, description };
        assert.deepEqual(decode(eventCodec.encode(newEvent(data), place)).data, data);
      }),
    );
  });
});

describe('an event of an older version', () => {
  const schemas: Schemas = {
    CashDeposited: {
      version: 3,
      meaning: '',
      fields: { amount: cash, note: text } as unknown as Schemas[string]['fields'],
    },
  };
  const stored = (version: number, data: object): string =>
    change(golden[0] ?? '', ['data'], (parent) => {
      Object.assign(parent, { version, data: { type: 'CashDeposited', ...data } });
    });
  const codec = createEventCodec(schemas, {
    CashDeposited: {
      1: ({ cents, ...rest }) => ({ ...rest, amount: String(Number(cents) / 100) }),
      2: (data) => ({ ...data, note: 'none was kept' }),
    },
  });
  const read = (body: string) => codec.decode({ sequence: 42, hash: firstHash, body });

  it('is brought up step by step, and still says which version it was written with', () => {
    const { data, version } = read(stored(1, { cents: 250 }));
    const expected = { type: 'CashDeposited', amount: 25n * 10n ** 17n, note: 'none was kept' };
    assert.deepEqual(data as object, expected);
    assert.equal(version, 1);
    assert.deepEqual(read(stored(2, { amount: '2.5' })).data as object, expected);
  });

  it('is corrupt if it is not what its version was', () => {
    assert.throws(() => read(stored(1, { cents: 'many' })), isCorrupt);
    assert.throws(() => read(stored(2, { cents: 250 })), isCorrupt);
  });

  it('is corrupt if no step is known, or its version is newer than this release', () => {
    assert.throws(() => read(stored(0, { cents: 250 })), isCorrupt);
    assert.throws(() => read(stored(4, { amount: '2.5', note: '' })), isCorrupt);
  });
});

describe('a chain of hashes', () => {
  const bodies = golden.slice(0, 4);
  let previous = firstHash;
  const links = bodies.map((body, index) => {
    previous = chainHash(previous, body);
    return { revision: index + 1, hash: previous, body };
  });

  it('is SHA-256 of the previous hash as text and the body', () => {
    assert.equal(
      chainHash(firstHash, 'ü'),
      '41f58f59d391aac591256b679cef59fd84cab2d1a6eb9173f3517e5f574d35e9',
    );
  });

  it('is intact as it was written, from its start or from any link', () => {
    assert.deepEqual(verifyChain(links), { kind: 'intact', revision: 4, hash: previous });
    assert.equal(verifyChain(links.slice(2), links[1]).kind, 'intact');
    assert.deepEqual(verifyChain([]), { kind: 'intact', revision: 0, hash: firstHash });
  });

  it('names the first link that was changed, taken out or put elsewhere', () => {
    const edited = links.map((link) =>
      link.revision === 2 ? { ...link, body: `${link.body} ` } : link,
    );
    const broken = { kind: 'broken', revision: 2 };
    assert.deepEqual(verifyChain(edited), { ...broken, reason: 'hash_differs' });
    const cut = links.filter(({ revision }) => revision !== 2);
    assert.deepEqual(verifyChain(cut), { ...broken, reason: 'revision_missing' });
    const rehashed = cut.map((link, index) => ({ ...link, revision: index + 1 }));
    assert.deepEqual(verifyChain(rehashed), { ...broken, reason: 'hash_differs' });
  });
});

describe('the catalogue for the documentation', () => {
  it('names every type with its version, a sentence and the kinds of its fields', () => {
    const events = describeEvents();
    assert.equal(events.length, Object.keys(eventSamples).length);
    for (const { meaning, fields } of events) {
      assert.match(meaning, /^[A-Z].+\.$/);
      assert.ok(fields.length > 0);
    }
    const submitted = events.find(({ type }) => type === 'OrderSubmitted');
    const terms = submitted?.fields.find(({ name }) => name === 'terms');
    assert.equal(terms?.kind, 'order terms');
    assert.deepEqual(terms?.fields?.[0], { name: 'symbol', kind: 'symbol' });
    assert.deepEqual(describeEnvelope()[0], { name: 'id', kind: 'event id (uuid)' });
  });
});
