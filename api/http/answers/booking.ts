import { z } from 'zod';
import type { AccountId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Done } from '../handled.ts';
import type { Answer } from '../route.ts';
import { eventAnswer, eventJson } from './event.ts';
import { form, id } from './form.ts';

const bookingAnswer = z.strictObject({
  outcome: z
    .enum(['booked', 'disputed', 'repeated', 'unchanged'])
    .describe(
      'disputed: kept, moved nothing. repeated: the first result again. unchanged: it was so already, nothing was written.',
    ),
  because: z.string().nullable().describe('Why a report is disputed.'),
  account_id: id,
  sequence: z.int().nullable(),
  events: z.array(eventAnswer).describe('What the command recorded.'),
});

/** The answers of every route that books something. */
export const bookingAnswers = {
  201: form('Booking', 'Recorded.', bookingAnswer),
  200: form('Booking', 'Recorded before, or so already.', bookingAnswer),
};

const disputeOf = (events: readonly RecordedEvent[]): string | null => {
  for (const { data } of events) {
    if (data.type === 'FillDisputed' || data.type === 'ReportDisputed') return data.because;
  }
  return null;
};

/** What became of a booking. */
export const bookingOf = (accountId: AccountId, done: Done): Answer => {
  const { events, sequence, repeated } = done;
  const because = disputeOf(events);
  const fresh = because === null ? 'booked' : 'disputed';
  const outcome = repeated ? 'repeated' : events.length === 0 ? 'unchanged' : fresh;
  const body: z.infer<typeof bookingAnswer> = {
    outcome,
    because,
    account_id: accountId,
    sequence,
    events: events.map(eventJson),
  };
  const status = outcome === 'booked' || outcome === 'disputed' ? 201 : 200;
  return { status, body, sequence, replayed: repeated };
};
