import { equal, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { atClose, atOpen, atWallClock, dayFirst, monthFirst, yearFirst } from './times.ts';

describe('a time in a statement', () => {
  it('is told by the clocks of its zone, in winter and in summer', () => {
    const amsterdam = (date: string, time: string) =>
      atWallClock(dayFirst(date), time, 'Europe/Amsterdam');
    equal(amsterdam('15-12-2022', '16:55'), '2022-12-15T15:55:00.000000Z');
    equal(amsterdam('10-08-2021', '16:18'), '2021-08-10T14:18:00.000000Z');
    equal(amsterdam('15-07-2020', '00:00'), '2020-07-14T22:00:00.000000Z');
    equal(amsterdam('01-01-2025', '00:30'), '2024-12-31T23:30:00.000000Z');
    // The hour that comes twice: the first; the one that never comes: after the change.
    equal(amsterdam('29-10-2023', '02:30'), '2023-10-29T00:30:00.000000Z');
    equal(amsterdam('26-03-2023', '02:30'), '2023-03-26T01:30:00.000000Z');
    const utc = atWallClock(yearFirst('2023-12-18'), '11:45:06.326', 'UTC');
    equal(utc, '2023-12-18T11:45:06.326000Z');
  });

  it('without a time of day is the open or the close in New York', () => {
    equal(atClose(monthFirst('06/13/2024')), '2024-06-13T20:00:00.000000Z');
    equal(atClose(yearFirst('20240126')), '2024-01-26T21:00:00.000000Z');
    equal(atOpen(monthFirst('06/13/2024')), '2024-06-13T13:30:00.000000Z');
  });

  it('that does not exist is none', () => {
    for (const text of ['02/30/2024', '13/01/2024', '2024-01-01', '1/2/2024', '']) {
      throws(() => monthFirst(text), /no date/, text);
    }
    throws(() => dayFirst('31-04-2024'), /no date/);
    throws(() => atWallClock(dayFirst('01-04-2024'), '24:00', 'UTC'), /no time of day/);
  });
});
