import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { checkDirection } from './check-direction.ts';

const root = join(import.meta.dirname, '..');
const folders: string[] = [];

after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const leaf = 'export const x = 1;\n';
const allowed = {
  'domain/money.ts': leaf,
  'domain/order.ts': imports('./money.ts'),
  'commands/ports/clock.ts': leaf,
  'commands/submit.ts': imports('#domain/money.ts', './ports/clock.ts'),
  'projections/ports/rows.ts': leaf,
  'projections/cash.ts': imports('#domain/money.ts'),
  'database/store.ts': imports(
    '#domain/money.ts',
    '#commands/ports/clock.ts',
    '#projections/ports/rows.ts',
    'pg',
    'node:fs',
  ),
  'gateways/paper.ts': imports('#domain/money.ts', '#commands/ports/clock.ts', 'node:net'),
  'audit/explain.ts': imports('#projections/cash.ts', '#projections/ports/rows.ts'),
  'api/http.ts': imports(
    '#commands/submit.ts',
    '#projections/cash.ts',
    '#audit/explain.ts',
    'express',
  ),
  'main.ts': imports('#api/http.ts', '#database/store.ts', '#gateways/paper.ts'),
  'domain/order.test.ts': imports(
    './order.ts',
    '#tests/maker.ts',
    '#database/store.ts',
    'fast-check',
  ),
  'tests/maker.ts': imports('#domain/order.ts', '#database/store.ts'),
};

describe('a project whose imports go the right way', () => {
  it('passes, with every module seen', async () => {
    const { violations, unseen, modules } = await checkDirection(project(allowed));
    assert.deepEqual(violations, []);
    assert.deepEqual(unseen, []);
    assert.equal(modules, Object.keys(allowed).length);
  });
});

describe('an import that goes the wrong way', () => {
  const planted: [file: string, imported: string, rule: string][] = [
    ['domain/bad-up.ts', '#commands/submit.ts', 'domain-may-import-nothing'],
    ['domain/bad-node.ts', 'node:crypto', 'the-core-has-no-packages'],
    ['domain/bad-package.ts', 'pg', 'the-core-has-no-packages'],
    ['commands/bad-side.ts', '#projections/cash.ts', 'commands-may-import-domain'],
    ['commands/bad-package.ts', 'zod', 'the-core-has-no-packages'],
    ['projections/bad-side.ts', '#commands/ports/clock.ts', 'projections-may-import-domain'],
    ['projections/bad-node.ts', 'node:fs', 'the-core-has-no-packages'],
    ['database/bad-inside.ts', '#commands/submit.ts', 'database-may-import-'],
    ['gateways/bad-side.ts', '#database/store.ts', 'gateways-may-import-'],
    ['audit/bad-down.ts', '#database/store.ts', 'audit-may-import-'],
    ['api/bad-down.ts', '#database/store.ts', 'api-may-import-'],
    ['api/bad-program.ts', '../main.ts', 'nothing-imports-the-programs'],
    ['gateways/bad-tests.ts', '#tests/maker.ts', 'nothing-imports-tests'],
    ['database/bad-dev.ts', 'fast-check', 'programs-run-without-dev-dependencies'],
    ['domain/bad-cycle.ts', './bad-self.ts', 'no-cycles'],
    ['api/bad-missing.ts', './nowhere.ts', 'no-unresolved-imports'],
  ];
  const files = Object.fromEntries(planted.map(([file, imported]) => [file, imports(imported)]));
  const found = checkDirection(
    project({ ...allowed, ...files, 'domain/bad-self.ts': imports('./bad-cycle.ts') }),
  );
  for (const [file, imported, rule] of planted) {
    it(`is found: ${file} → ${imported}`, async () => {
      const { violations } = await found;
      assert.ok(
        violations.some((line) => line.startsWith(rule) && line.includes(`${file} →`)),
        `${rule} is silent; found: ${violations.join('\n')}`,
      );
    });
  }
});

describe('a type-only import', () => {
  it('counts as an import', async () => {
    const file = "import type { x } from '#commands/submit.ts';\nexport type Y = typeof x;\n";
    const { violations } = await checkDirection(project({ ...allowed, 'domain/bad.ts': file }));
    assert.equal(violations.length > 0, true);
  });
});

function imports(...modules: string[]): string {
  const lines = modules.map((name, index) => `import * as m${index} from '${name}';\n`);
  return `${lines.join('')}export const x = [${modules.map((_, index) => `m${index}`).join(', ')}];\n`;
}

function project(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-direction-'));
  folders.push(folder);
  for (const name of ['package.json', 'tsconfig.json', '.dependency-cruiser.mjs']) {
    cpSync(join(root, name), join(folder, name));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
