import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { instant } from '../time.ts';
import { dayOf, daysApart, isBy, isNear, isWithin, secondsApart } from './period.ts';

const at = instant;

describe('the day of a row', () => {
  it("is the exchange's where a time is given, and the very day where none is", () => {
    equal(dayOf(at('2014-01-07T02:30:00Z')), '2014-01-06');
    equal(dayOf(at('2014-01-07T00:00:00Z')), '2014-01-07');
    equal(daysApart(at('2014-01-07T00:00:00Z'), at('2014-01-07T15:00:00Z')), 0);
    equal(daysApart(at('2014-01-10T20:00:00Z'), at('2014-01-13T15:00:00Z')), 3);
    equal(secondsApart(at('2014-01-07T15:00:01Z'), at('2014-01-07T15:00:00Z')), 1);
    equal(secondsApart(at('2014-01-07T00:00:00Z'), at('2014-01-07T15:00:00Z')), 0);
  });
});

describe('the time of a statement', () => {
  const january = { from: at('2014-01-01T00:00:00Z'), to: at('2014-01-31T00:00:00Z') };

  it('holds both its days to their ends', () => {
    const inside = ['2014-01-01T14:30:00Z', '2014-01-31T23:00:00Z', '2014-02-01T03:00:00Z'];
    const outside = ['2014-01-01T02:00:00Z', '2014-02-01T14:30:00Z'];
    deepEqual(
      inside.map((one) => isWithin(at(one), january)),
      [true, true, true],
    );
    deepEqual(
      outside.map((one) => isWithin(at(one), january)),
      [false, false],
    );
  });

  it('ends at the moment where it gives one', () => {
    const to = at('2014-01-31T20:00:00Z');
    deepEqual([isBy(to, to), isBy(at('2014-01-31T20:00:01Z'), to)], [true, false]);
  });

  it('is none where it says none, and has days around it where it does', () => {
    const when = at('2014-02-03T15:00:00Z');
    equal(isWithin(when, { from: null, to: null }), false);
    deepEqual([isNear(when, january, 3), isNear(when, january, 2)], [true, false]);
  });
});
