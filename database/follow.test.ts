import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBell } from './bell.ts';
import { follow } from './follow.ts';

describe('two subscriptions under one signal', () => {
  it('both end with it, also after one of them has ended by itself', async () => {
    const bell = createBell();
    const stop = new AbortController();
    const nothing = async () => [];
    const open = () => follow(bell, nothing, { after: 0, signal: stop.signal });
    const [first, second] = [open(), open()];
    const waiting = [first.next(), second.next()];
    await new Promise((resolve) => setImmediate(resolve));
    bell.ring();
    void first.return();
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    for (const { done } of await Promise.all(waiting)) assert.equal(done, true);
  });
});
