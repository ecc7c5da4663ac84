import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { eventsPage } from './events-page.ts';

describe('docs/events.md', () => {
  it('says what the code says: `npm run docs` writes it', () => {
    const file = join(import.meta.dirname, '..', 'docs', 'events.md');
    assert.equal(readFileSync(file, 'utf8'), eventsPage());
  });
});
