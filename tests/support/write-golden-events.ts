/**
 * Adds to `tests/golden/events-v1.jsonl` a line for each type of event that has none there yet.
 * Lines that are there stay: they are what a ledger out there holds. Usage: node tests/support/write-golden-events.ts
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventSchemas } from '#database/event-catalogue.ts';
import { eventCodec } from '#database/event-codec.ts';
import type { Actor, CommandId, EventId, StreamName } from '#domain/ids.ts';
import type { EventType } from '#domain/recorded-event.ts';
import { instant } from '#domain/time.ts';
import { eventSamples } from './event-samples.ts';

const file = join(import.meta.dirname, '..', 'golden', 'events-v1.jsonl');
const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
const present = new Set(lines.map((line) => JSON.parse(line).data.type));
const idOf = (number: number): EventId =>
  `0190a1b2-c3d4-7e5f-8a6b-${String(number).padStart(12, '0')}` as EventId;

for (const type of Object.keys(eventSchemas) as EventType[]) {
  if (present.has(type)) continue;
  const revision = lines.length + 1;
  const body = eventCodec.encode(
    {
      id: idOf(99 + revision),
      effectiveAt: instant('2024-02-29T14:30:00.123456Z'),
      correlationId: idOf(100),
      causationId: idOf(98 + revision),
      commandId: `client:golden ${revision - 1}` as CommandId,
      commandDigest: '0123456789abcdef'.repeat(4),
      actor: 'operator' as Actor,
      data: eventSamples[type],
    },
    {
      stream: 'account-0190a1b2-c3d4-7e5f-8a6b-0123456789aa' as StreamName,
      revision,
      recordedAt: instant('2024-02-29T21:01:00Z'),
    },
  );
  lines.push(body);
  appendFileSync(file, `${body}\n`);
  process.stdout.write(`added ${type}\n`);
}
