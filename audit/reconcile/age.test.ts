import { deepEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { instant } from '#domain/time.ts';
import { ageOf } from './age.ts';

const between = (from: string, to: string) => {
  const { days, businessDays } = ageOf(instant(`${from}T15:00:00Z`), instant(`${to}T15:00:00Z`));
  return [days, businessDays];
};

describe('the age of a break', () => {
  it('counts days and weekdays, and nothing for what is still to come', () => {
    deepEqual(between('2014-01-06', '2014-01-06'), [0, 0]);
    deepEqual(between('2014-01-10', '2014-01-13'), [3, 1]);
    deepEqual(between('2014-01-11', '2014-01-12'), [1, 0]);
    deepEqual(between('2014-01-11', '2014-01-20'), [9, 6]);
    deepEqual(between('2014-01-06', '2015-01-06'), [365, 261]);
    deepEqual(between('2014-01-07', '2014-01-06'), [0, 0]);
  });
});
