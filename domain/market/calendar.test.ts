import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromMilliseconds, instant, type SessionDate, toMilliseconds } from '../time.ts';
import {
  addBusinessDays,
  sessionClose,
  sessionDateOf,
  sessionOpen,
  settlesAt,
} from './calendar.ts';

const date = (text: string): SessionDate => text as SessionDate;
const anyEpoch = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2037, 11, 31) });

/** The runtime's own time zone data: another source than our rules. */
const newYork = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/New_York',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const inNewYork = (epoch: number): { readonly date: string; readonly time: string } => {
  const parts = new Map(newYork.formatToParts(epoch).map(({ type, value }) => [type, value]));
  return {
    date: `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`,
    time: `${parts.get('hour')}:${parts.get('minute')}`,
  };
};

describe('a session in New York', () => {
  it('is dated as the time zone data of the runtime date it', () => {
    fc.assert(
      fc.property(anyEpoch, (epoch) => {
        assert.equal(sessionDateOf(fromMilliseconds(epoch)), inNewYork(epoch).date);
      }),
      { numRuns: 500 },
    );
  });

  it('opens at 9:30 and closes at 16:00 there, summer and winter', () => {
    fc.assert(
      fc.property(anyEpoch, (epoch) => {
        const day = sessionDateOf(fromMilliseconds(epoch));
        assert.deepEqual(inNewYork(toMilliseconds(sessionOpen(day))), { date: day, time: '09:30' });
        const close = inNewYork(toMilliseconds(sessionClose(day)));
        assert.deepEqual(close, { date: day, time: '16:00' });
      }),
      { numRuns: 500 },
    );
  });

  it('changes its distance from UTC with summer time', () => {
    assert.equal(sessionOpen(date('2024-03-08')), '2024-03-08T14:30:00.000000Z');
    assert.equal(sessionOpen(date('2024-03-11')), '2024-03-11T13:30:00.000000Z');
    assert.equal(sessionClose(date('2024-11-01')), '2024-11-01T20:00:00.000000Z');
    assert.equal(sessionClose(date('2024-11-04')), '2024-11-04T21:00:00.000000Z');
    assert.equal(sessionOpen(date('2006-03-20')), '2006-03-20T14:30:00.000000Z', 'the older rule');
  });
});

describe('business days', () => {
  it('leave out weekends', () => {
    assert.equal(addBusinessDays(date('2024-01-05'), 1), '2024-01-08');
    assert.equal(addBusinessDays(date('2024-01-06'), 1), '2024-01-08');
    assert.equal(addBusinessDays(date('2024-01-03'), 3), '2024-01-08');
    assert.equal(addBusinessDays(date('2024-12-31'), 1), '2025-01-01');
  });
});

describe('a trade settles', () => {
  it('at once where no days are asked', () => {
    const at = instant('2024-01-05T20:59:59.123456Z');
    assert.equal(settlesAt(at, 0), at);
  });

  it('at the open of the next business day, counted from the trade date in New York', () => {
    assert.equal(settlesAt(instant('2024-01-05T20:00:00Z'), 1), '2024-01-08T14:30:00.000000Z');
    assert.equal(settlesAt(instant('2024-01-05T02:00:00Z'), 1), '2024-01-05T14:30:00.000000Z');
    assert.equal(settlesAt(instant('2024-01-03T20:00:00Z'), 3), '2024-01-08T14:30:00.000000Z');
  });

  it('across the change to summer time', () => {
    assert.equal(settlesAt(instant('2024-03-08T20:00:00Z'), 1), '2024-03-11T13:30:00.000000Z');
  });
});
