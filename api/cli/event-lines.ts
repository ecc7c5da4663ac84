import { eventInWords } from '#audit/look/event-words.ts';
import type { StoredEvent } from '#audit/ports/log-reader.ts';

// Widths that hold a log of ten digits and the longest type, so that a stream of lines stays aligned.
const sequenceWidth = 10;
const typeWidth = 21;
const streamWidth = 44;

/** One event a line: place, when it was written down, type, stream, what it says. */
export const eventLine = (stored: StoredEvent): string =>
  [
    String(stored.sequence).padStart(sequenceWidth),
    stored.recordedAt,
    stored.type.padEnd(typeWidth),
    stored.stream.padEnd(streamWidth),
    eventInWords(stored),
  ]
    .join('  ')
    .trimEnd();
