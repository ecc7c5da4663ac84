import { deepEqual, equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { outcomes, planCodes, warningCodes } from '#commands/imports/import-plan.ts';
import { importsPage } from '#gateways/statements/imports-page.ts';
import { layoutNames } from '#gateways/statements/read-statements.ts';
import { readText } from './import-world.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'imports.md'), 'utf8');

describe('docs/imports.md', () => {
  it('says what the code says: `npm run docs` writes it', () => {
    equal(page, importsPage({ outcomes, codes: planCodes, warnings: warningCodes }));
  });

  it('names every layout', () => {
    for (const name of layoutNames) ok(page.includes(`- \`${name}\``), name);
  });

  it('has an example that is read', () => {
    const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const { lines, problems } = readText(example);
    deepEqual(problems, []);
    equal(lines.length, 2);
  });
});
