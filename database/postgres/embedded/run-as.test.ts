import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { canReach } from './run-as.ts';

const stranger = { uid: 54_321, gid: 54_321, name: 'stranger' };
let top: string;

before(() => {
  top = mkdtempSync(join(tmpdir(), 'ledger-reach-'));
  chmodSync(top, 0o755);
  mkdirSync(join(top, 'open'), { mode: 0o755 });
  mkdirSync(join(top, 'closed'), { mode: 0o700 });
  mkdirSync(join(top, 'closed', 'inside'), { mode: 0o755 });
  writeFileSync(join(top, 'open', 'program'), '', { mode: 0o700 });
  writeFileSync(join(top, 'open', 'library'), '', { mode: 0o644 });
});
after(() => rmSync(top, { recursive: true }));

describe('a user who owns nothing', () => {
  for (const [path, reaches] of [
    ['open', true],
    ['open/library', true],
    ['open/program', false],
    ['closed', false],
    ['closed/inside', false],
  ] as const) {
    it(`${reaches ? 'reaches' : 'does not reach'} ${path}`, () => {
      assert.equal(canReach(join(top, path), stranger), reaches);
    });
  }
});
