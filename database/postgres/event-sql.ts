import type { QueryArrayConfig, QueryConfig } from 'pg';
import type { CommandId, StreamName } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import { commandOf } from '../append-rules.ts';
import { eventCodec } from '../event-codec.ts';
import { inOrder, type PlannedStream } from './append-plan.ts';

/** A row of `sequence, hash, body`, as texts. */
export type EventRow = [sequence: string, hash: string, body: string];

/** The event a row holds; throws CorruptEvent. */
export const eventOf = ([sequence, hash, body]: EventRow): RecordedEvent =>
  eventCodec.decode({ sequence: Number(sequence), hash, body });

// Every column as Postgres wrote it: a bigint is a string, an instant is not made a Date.
const asText = { getTypeParser: () => (value: unknown) => value };

// A name makes a prepared statement of it, once a connection.
const named = (name: string, text: string, values: unknown[]): QueryArrayConfig => ({
  name,
  text,
  values,
  rowMode: 'array',
  types: asText as NonNullable<QueryConfig['types']>,
});

export const selectAll = (after: number, limit: number): QueryArrayConfig =>
  named(
    'events-after',
    `SELECT sequence, hash, body FROM ledger.events
     WHERE sequence > $1 ORDER BY sequence LIMIT $2`,
    [after, limit],
  );

export const selectStream = (stream: StreamName, after: number, limit: number): QueryArrayConfig =>
  named(
    'stream-after',
    `SELECT sequence, hash, body FROM ledger.events
     WHERE stream = $1 AND revision > $2 ORDER BY revision LIMIT $3`,
    [stream, after, limit],
  );

export const selectStreamBackward = (
  stream: StreamName,
  before: number,
  limit: number,
): QueryArrayConfig =>
  named(
    'stream-before',
    `SELECT sequence, hash, body FROM ledger.events
     WHERE stream = $1 AND revision < $2 ORDER BY revision DESC LIMIT $3`,
    [stream, before, limit],
  );

export const selectCommand = (stream: StreamName, commandId: CommandId): QueryArrayConfig =>
  named(
    'command-events',
    `SELECT made.sequence, made.hash, made.body
     FROM ledger.events AS command
     JOIN ledger.events AS made ON made.stream = command.stream
       AND made.revision >= command.revision
       AND made.revision < command.revision + command.command_events
     WHERE command.stream = $1 AND command.command_id = $2
     ORDER BY made.revision`,
    [stream, commandId],
  );

export const selectLastSequence = (): QueryArrayConfig =>
  named('last-sequence', 'SELECT coalesce(max(sequence), 0) FROM ledger.events', []);

export const selectHeads = (streams: readonly StreamName[]): QueryArrayConfig =>
  named(
    'stream-heads',
    `SELECT stream, revision, hash,
       to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
     FROM ledger.streams WHERE stream = ANY ($1::text[])`,
    [streams],
  );

const eventColumns = (plan: readonly PlannedStream[]) => {
  const places = new Map(plan.map(({ stream }, index) => [stream, index + 1]));
  const column = {
    stream: [] as number[],
    revision: [] as number[],
    id: [] as string[],
    type: [] as string[],
    recordedAt: [] as string[],
    effectiveAt: [] as string[],
    commandId: [] as (string | null)[],
    commandEvents: [] as (number | null)[],
    hash: [] as string[],
    body: [] as string[],
  };
  for (const { pending, events } of inOrder(plan)) {
    const commandId = commandOf(pending.request);
    for (const [index, { event, body }] of events.entries()) {
      const leads = index === 0 && commandId !== null;
      column.stream.push(places.get(event.stream) as number);
      column.revision.push(event.revision);
      column.id.push(event.id);
      column.type.push(event.data.type);
      column.recordedAt.push(event.recordedAt);
      column.effectiveAt.push(event.effectiveAt);
      column.commandId.push(leads ? commandId : null);
      column.commandEvents.push(leads ? events.length : null);
      column.hash.push(event.hash);
      column.body.push(body);
    }
  }
  return column;
};

const commandsOf = (plan: readonly PlannedStream[]): readonly [StreamName, CommandId][] =>
  plan.flatMap(({ stream, requests }) =>
    requests.flatMap(({ pending }): [StreamName, CommandId][] => {
      const commandId = commandOf(pending.request);
      return commandId === null ? [] : [[stream, commandId]];
    }),
  );

/** One call of `ledger.append_events`: its parameters are described there. */
export const appendEvents = (writer: string, plan: readonly PlannedStream[]): QueryArrayConfig => {
  const commands = commandsOf(plan);
  const column = eventColumns(plan);
  return named(
    'append-events',
    `SELECT before_first, to_json(fallen) FROM ledger.append_events(
       $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
    [
      writer,
      plan.map(({ stream }) => stream),
      plan.map(({ after }) => after.revision),
      plan.map(({ before, after }) => after.revision - before.revision),
      plan.map(({ after }) => after.hash),
      plan.map(({ after }) => after.recordedAt),
      commands.map(([stream]) => stream),
      commands.map(([, id]) => id),
      column.stream,
      column.revision,
      column.id,
      column.type,
      column.recordedAt,
      column.effectiveAt,
      column.commandId,
      column.commandEvents,
      column.hash,
      column.body.join('\n'),
    ],
  );
};
