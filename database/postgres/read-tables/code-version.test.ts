import { equal, match, notEqual } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { codeVersion, foldVersion, versionOf } from './code-version.ts';

describe('the version of code that folds', () => {
  it('is another one where a line of it is, and where nothing of it is the same', () => {
    const folder = mkdtempSync(join(tmpdir(), 'order-ledger-version-'));
    try {
      mkdirSync(join(folder, 'domain', 'order'), { recursive: true });
      const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
      write('package.json', '{"version":"1.2.3"}');
      write('domain/order/evolve.ts', 'one');
      write('codec.ts', 'two');
      const of = () => versionOf(folder, ['domain', 'codec.ts']);
      const first = of();
      match(first, /^1\.2\.3\+[0-9a-f]{8}$/);
      write('domain/order/evolve.test.ts', 'tests decide nothing');
      write('domain/notes.md', 'nor do notes');
      equal(of(), first);
      write('codec.ts', 'three');
      const second = of();
      notEqual(second, first);
      write('domain/order/evolve.ts', 'four');
      notEqual(of(), second);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('of the past tells more code apart than that of the read tables', () => {
    notEqual(foldVersion(), codeVersion());
    equal(foldVersion(), foldVersion());
  });
});
