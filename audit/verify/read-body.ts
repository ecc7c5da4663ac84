import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { LogReader, StoredEvent } from '../ports/log-reader.ts';
import type { Finding } from './finding.ts';

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

/** What is wrong with a row that holds no event, or one that its columns contradict: what it did to the books is not known. */
const flawsOf = (stored: StoredEvent, error: unknown): readonly Finding[] => {
  const { sequence, stream, revision } = stored;
  const place = { sequence, stream, revision };
  const differing = differences(stored).map(
    ([column, expected, actual]): Finding => ({
      kind: 'column_differs',
      ...place,
      column,
      expected,
      actual,
      message: `Column ${column} of event ${sequence} is not what its body says.`,
    }),
  );
  if (differing.length > 0) return differing;
  const message = error instanceof Error ? error.message : String(error);
  const texts = { expected: 'an event', actual: stored.body.slice(0, 120) };
  return [{ kind: 'event_unreadable', ...place, column: 'body', ...texts, message }];
};

/** The event that a row holds, or what is wrong with it. */
export const readBody = (
  log: LogReader,
  stored: StoredEvent,
): { readonly event: RecordedEvent | undefined; readonly flaws: readonly Finding[] } => {
  try {
    return { event: log.decode(stored), flaws: [] };
  } catch (error) {
    return { event: undefined, flaws: flawsOf(stored, error) };
  }
};
