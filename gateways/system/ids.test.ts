import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createUuids } from './ids.ts';

describe('uuids', () => {
  const ids = createUuids();

  it('have the form of version 7', () => {
    for (let count = 0; count < 5_000; count += 1) {
      assert.match(
        ids.next(),
        /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }
  });

  it('differ, also across the pool of random bytes', () => {
    const many = new Set(Array.from({ length: 20_000 }, () => ids.next()));
    assert.equal(many.size, 20_000);
  });
});
