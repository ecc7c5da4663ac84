import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SessionDate } from '#domain/time.ts';
import { newYorkDate, sessionHours } from './session-hours.ts';

const hours = (date: string): readonly string[] => {
  const { opensAt, closesAt } = sessionHours(date as SessionDate);
  return [opensAt.slice(0, 16), closesAt.slice(0, 16)];
};

describe('regular hours', () => {
  it('are 14:30 to 21:00 UTC in winter and 13:30 to 20:00 in summer', () => {
    deepEqual(hours('2014-01-03'), ['2014-01-03T14:30', '2014-01-03T21:00']);
    deepEqual(hours('2014-07-03'), ['2014-07-03T13:30', '2014-07-03T20:00']);
  });

  it('change with the clocks, not before', () => {
    deepEqual(hours('2011-03-11'), ['2011-03-11T14:30', '2011-03-11T21:00']);
    deepEqual(hours('2011-03-14'), ['2011-03-14T13:30', '2011-03-14T20:00']);
    deepEqual(hours('2017-11-03'), ['2017-11-03T13:30', '2017-11-03T20:00']);
    deepEqual(hours('2017-11-06'), ['2017-11-06T14:30', '2017-11-06T21:00']);
    // Until 2006 the clocks changed in April and October.
    deepEqual(hours('2006-03-20'), ['2006-03-20T14:30', '2006-03-20T21:00']);
  });

  it('belong to the date in New York', () => {
    equal(newYorkDate(Date.parse('2011-01-04T01:00:00Z')), '2011-01-03');
    equal(newYorkDate(Date.parse('2011-07-04T04:00:00Z')), '2011-07-04');
  });
});
