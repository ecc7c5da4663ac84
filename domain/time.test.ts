import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromMilliseconds, instant, parseInstant, toMilliseconds } from './time.ts';

describe('an instant', () => {
  it('is kept in UTC with microseconds, whatever offset it came with', () => {
    assert.equal(parseInstant('2014-01-03T16:00:00-05:00'), '2014-01-03T21:00:00.000000Z');
    assert.equal(parseInstant('2014-01-03T21:00:00.1234567Z'), '2014-01-03T21:00:00.123456Z');
    assert.equal(parseInstant('2014-12-31T23:30:00.5-01:00'), '2015-01-01T00:30:00.500000Z');
  });

  it('is none without an offset, in another form or on a day that does not exist', () => {
    const wrong = ['2014-01-03', '2014-01-03T21:00:00', '2014-02-30T00:00:00Z', 'now', ''];
    for (const text of [...wrong, '2014-01-03T25:00:00Z', '2014-01-03 21:00:00Z']) {
      assert.equal(parseInstant(text), undefined, text);
    }
    assert.throws(() => instant('yesterday'));
  });

  it('sorts as text as it does in time', () => {
    const anyEpoch = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(anyEpoch, anyEpoch, (left, right) => {
        const texts = [fromMilliseconds(left), fromMilliseconds(right)] as const;
        assert.equal(texts[0] < texts[1], left < right);
        assert.equal(toMilliseconds(texts[0]), left);
      }),
    );
  });
});
