import type { StreamName } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { EventType, LedgerEvent, NewEvent, RecordedEvent } from '#domain/recorded-event.ts';
import type { Instant } from '#domain/time.ts';
import { CorruptEvent } from './errors.ts';
import { type EventSchema, envelopeFields, eventSchemas } from './event-catalogue.ts';
import {
  count,
  instant,
  Malformed,
  type Members,
  members,
  objectOf,
  quote,
  streamName,
} from './event-kinds.ts';
import { type Upcasters, upcast, upcasters } from './upcasters.ts';

/** Where and when the store puts an event. */
export type Place = {
  readonly stream: StreamName;
  readonly revision: number;
  readonly recordedAt: Instant;
};

/** One row as it is stored. `body` is exactly what was hashed. */
export type StoredEvent = {
  readonly sequence: number;
  readonly hash: string;
  readonly body: string;
};

type Codec = { readonly version: number; readonly members: Members<LedgerEvent> };

/** The versions and fields by type that a codec works with. */
export type Schemas = { readonly [type: string]: EventSchema<LedgerEvent> };

const codecsOf = (schemas: Schemas): ReadonlyMap<string, Codec> =>
  new Map(
    Object.entries(schemas).map(([type, { version, fields }]) => [
      type,
      { version, members: members(fields) as unknown as Members<LedgerEvent> },
    ]),
  );

// The table is checked type by type where it is written; here its types are told apart by name.
const ledgerSchemas = eventSchemas as unknown as Schemas;
const envelope = members(envelopeFields);
/** stream, revision, version, recordedAt, data. */
const fieldsBesideEnvelope = 5;

export type EventCodec = {
  /** Version of the schema that events of this type are written with. */
  readonly versionOf: (type: EventType) => number;
  /** The stored text of an event. Throws InvariantViolation for what `decode` would not read back. */
  readonly encode: (event: NewEvent, place: Place) => string;
  /** The event that a stored row holds, in today's schema. Throws CorruptEvent. */
  readonly decode: (stored: StoredEvent) => RecordedEvent;
};

/** Writes and reads events by a table of schemas; old versions are brought up by `steps`. */
export const createEventCodec = (
  schemas: Schemas = ledgerSchemas,
  steps: Upcasters = upcasters,
): EventCodec => {
  const codecs = codecsOf(schemas);
  const codecOf = (type: string): Codec => {
    const codec = codecs.get(type);
    invariant(codec !== undefined, `a known event type: ${type}`);
    return codec;
  };

  const read = ({ sequence, hash, body }: StoredEvent): RecordedEvent => {
    const json = objectOf(JSON.parse(body), 'body');
    const stored = objectOf(json['data'], 'data');
    const { type } = stored;
    const codec = typeof type === 'string' ? codecs.get(type) : undefined;
    if (codec === undefined) throw new Malformed(`unknown type: ${JSON.stringify(type)}`);
    const version = count.decode(json['version'], 'version');
    const data = upcast(type as string, version, codec.version, stored, steps);
    streamName.decode(json['stream'], 'stream');
    count.decode(json['revision'], 'revision');
    instant.decode(json['recordedAt'], 'recordedAt');
    const event = envelope.decode(json, fieldsBesideEnvelope);
    // The parsed object is the event already; only what is not in the body is put to it.
    return Object.assign(event, {
      sequence,
      hash,
      data: codec.members.decode(data, 1),
    }) as RecordedEvent;
  };

  return {
    versionOf: (type) => codecOf(type).version,
    encode: (event, { stream, revision, recordedAt }) => {
      const { type } = event.data;
      const codec = codecOf(type);
      return `{"stream":${quote(stream)},"revision":${revision},"version":${codec.version},"recordedAt":${instant.encode(recordedAt)},${envelope.encode(event)},"data":{"type":"${type}",${codec.members.encode(event.data)}}}`;
    },
    decode: (stored) => {
      try {
        return read(stored);
      } catch (error) {
        if (error instanceof Malformed || error instanceof SyntaxError) {
          throw new CorruptEvent(stored.sequence, error.message);
        }
        throw error;
      }
    },
  };
};

/** The codec of this release's events. */
export const eventCodec: EventCodec = createEventCodec();

/** A stored event's fields without those that only the store gives; what an append of it was. */
export const asNewEvent = (event: RecordedEvent): NewEvent => ({
  id: event.id,
  effectiveAt: event.effectiveAt,
  correlationId: event.correlationId,
  causationId: event.causationId,
  commandId: event.commandId,
  commandDigest: event.commandDigest,
  actor: event.actor,
  data: event.data,
});
