import { deepEqual, equal, ok } from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { planCodes, warningCodes } from '#commands/imports/import-plan.ts';
import { refusals } from '#domain/refusals.ts';
import { generatedApiDocs } from './generated-docs.ts';
import { problemCatalogue } from './problem.ts';

const root = join(import.meta.dirname, '..', '..');
const documented = async (): Promise<ReadonlySet<string>> => {
  const text = await readFile(join(root, 'docs', 'errors.md'), 'utf8');
  return new Set(text.split('\n').flatMap((line) => /^\| `(\w+)` \|/.exec(line)?.[1] ?? []));
};

/** Our own source files of a folder, without tests. */
const sources = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(join(root, folder), { recursive: true });
  const files = entries.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  return Promise.all(files.map((name) => readFile(join(root, folder, name), 'utf8')));
};

describe('the catalogue of problems', () => {
  it('has an entry with a status and advice for every code', () => {
    for (const { code, status, title, text } of problemCatalogue.values()) {
      ok(status >= 400 && status < 600, code);
      ok(title.length > 3 && text.endsWith('.'), code);
    }
  });

  it('has every refusal of the domain', () => {
    deepEqual(
      Object.keys(refusals).filter((code) => !problemCatalogue.has(code)),
      [],
    );
  });

  it('has every code that the source names, and no code that it never does', async () => {
    const rooms = await Promise.all(['api', 'commands', 'domain', 'identity'].map(sources));
    const texts = rooms.flat();
    const named = new Set(
      texts.flatMap((text) =>
        [...text.matchAll(/(?:HttpProblem\(|\bcode: )'(\w+)'/g)].flatMap((match) => match[1] ?? []),
      ),
    );
    ok(named.size > 20);
    const ofFields = new Set([
      'custom',
      'required',
      'given_twice',
      'unknown_field',
      'wrong_type',
      'in_the_future',
      'out_of_range',
      'repeated',
    ]);
    // Those are in docs/imports.md.
    const ofImports = new Set([...Object.keys(planCodes), ...Object.keys(warningCodes)]);
    deepEqual(
      [...named].filter(
        (code) => !problemCatalogue.has(code) && !ofFields.has(code) && !ofImports.has(code),
      ),
      [],
    );
    const all = texts.filter((text) => !text.includes('problemCatalogue: Readonly')).join('\n');
    const idle = [...problemCatalogue.keys()].filter(
      // Once in a catalogue and once where it happens.
      (code) => all.split(`'${code}'`).length < 2,
    );
    deepEqual(idle, []);
  });

  it('is the one in the docs, both ways', async () => {
    const inDocs = await documented();
    deepEqual([...inDocs].sort(), [...problemCatalogue.keys()].sort());
  });
});

describe('the generated documents', () => {
  it('are those that the code generates', async () => {
    for (const [path, text] of generatedApiDocs()) {
      equal(await readFile(join(root, path), 'utf8'), text, `${path}: run npm run docs`);
    }
  });
});
