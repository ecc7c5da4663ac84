import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { LogReader, StoredEvent } from '../ports/log-reader.ts';
import type { Findings } from './finding.ts';

type Said = Readonly<Record<string, unknown>>;

const bodyOf = (text: string): Said | null => {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Said) : null;
  } catch {
    return null;
  }
};

const typeIn = (body: Said): unknown => {
  const data = body['data'];
  return typeof data === 'object' && data !== null ? (data as Said)['type'] : undefined;
};

/** The columns that repeat what the body says, and where they say something else. */
const differences = (
  stored: StoredEvent,
): readonly (readonly [column: string, expected: string, actual: string])[] => {
  const body = bodyOf(stored.body);
  if (body === null) return [];
  const columns = [
    ['stream', body['stream'], stored.stream],
    ['revision', body['revision'], stored.revision],
    ['id', body['id'], stored.id],
    ['type', typeIn(body), stored.type],
    ['recorded_at', body['recordedAt'], stored.recordedAt],
    ['effective_at', body['effectiveAt'], stored.effectiveAt],
  ] as const;
  return columns
    .filter(([, said, column]) => said !== column)
    .map(([name, said, column]) => [name, String(said), String(column)]);
};

/**
 * The event that a row holds. Undefined where it cannot be read, or a column beside it says something else than its
 * body: then there is a finding, and what it did to the books is not known.
 */
export const readBody = (
  log: LogReader,
  stored: StoredEvent,
  findings: Findings,
): RecordedEvent | undefined => {
  try {
    return log.decode(stored);
  } catch (error) {
    const { sequence, stream, revision } = stored;
    const place = { sequence, stream, revision };
    const differing = differences(stored);
    for (const [column, expected, actual] of differing) {
      findings.add({
        kind: 'column_differs',
        ...place,
        column,
        expected,
        actual,
        message: `Column ${column} of event ${sequence} is not what its body says.`,
      });
    }
    if (differing.length > 0) return undefined;
    const message = error instanceof Error ? error.message : String(error);
    findings.add({
      kind: 'event_unreadable',
      ...place,
      column: 'body',
      expected: 'an event',
      actual: stored.body.slice(0, 120),
      message,
    });
    return undefined;
  }
};
