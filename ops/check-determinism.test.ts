import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { impurities } from './check-determinism.ts';

describe('code of the core', () => {
  for (const text of [
    'Date.now()',
    "Date['now']()",
    'new Date()',
    'new Date(2024, 1, 1)',
    'Date()',
    'Math.random()',
    'const { random } = Math;',
    'const M = Math;',
    'date.getHours()',
    'date.toLocaleString()',
    "'a'.localeCompare('b')",
    "new Intl.DateTimeFormat('en')",
  ]) {
    it(`may not say ${text}`, () => {
      assert.equal(impurities(`\n${text}`).length, 1);
      assert.match(impurities(`\n${text}`)[0] ?? '', /^2: /);
    });
  }

  for (const text of [
    'new Date(milliseconds)',
    'Date.UTC(2024, 1, 1)',
    'Date.parse(text)',
    'date.getUTCHours()',
    'Math.max(1, 2)',
    'clock.now()',
    "new Intl.DateTimeFormat('en', { timeZone: 'America/New_York' })",
    '// Date.now() in a comment',
  ]) {
    it(`may say ${text}`, () => {
      assert.deepEqual(impurities(text), []);
    });
  }
});
