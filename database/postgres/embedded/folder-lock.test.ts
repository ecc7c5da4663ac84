import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { takeFolderLock } from './folder-lock.ts';
import { startMark } from './process-facts.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ledger-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a folder without a lock', () => {
  it('is taken and given back without leaving a file', () => {
    const lock = takeFolderLock(path);
    assert.ok('release' in lock);
    assert.deepEqual(readdirSync(folder), ['lock']);
    lock.release();
    assert.deepEqual(readdirSync(folder), []);
  });
});

describe('a folder whose lock names a living process', () => {
  it('stays with that process', () => {
    writeFileSync(path, `${process.ppid} ${startMark(process.ppid)}\n`);
    assert.deepEqual(takeFolderLock(path), { heldBy: process.ppid });
    assert.deepEqual(readdirSync(folder), ['lock']);
  });
});

describe('a folder whose lock is stale', () => {
  for (const [why, content] of [
    ['its process is gone', '4194304 1\n'],
    ['its process id was given to another process', `${process.ppid} 1\n`],
    ['it was half written', ''],
  ] as const) {
    it(`is taken when ${why}`, () => {
      writeFileSync(path, content);
      const lock = takeFolderLock(path);
      assert.ok('release' in lock);
      lock.release();
      assert.deepEqual(readdirSync(folder), []);
    });
  }
});
