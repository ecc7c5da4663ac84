// Which test files `npm test` runs, and with what: plain JavaScript, since the launcher runs before anything is installed.
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

// At the top; `node_modules` further down, too. `web` has a build and tests of its own.
const NOT_OURS = new Set(['.git', 'data', 'node_modules', 'web']);
const HEAVY = join('tests', 'heavy', '');

/**
 * Arguments for `node` that run the tests: paths given by the caller, else every test file but the heavy ones.
 * Undefined when there is no such file: `node --test` without paths would look for files itself.
 * @param {string} root the project's folder
 * @param {string[]} asked options of `node --test`, `--heavy`, and files, folders or patterns
 */
export function testArguments(root, asked) {
  const options = asked.filter((argument) => argument.startsWith('-') && argument !== '--heavy');
  const paths = asked.filter((argument) => !argument.startsWith('-'));
  const files =
    paths.length > 0
      ? paths.flatMap((path) => below(root, path))
      : testFiles(root, asked.includes('--heavy'));
  if (files.length === 0) return undefined;
  // Two at a time: a server and its client share the cores with the runner.
  return ['--test', '--test-concurrency=2', ...options, ...files];
}

// `node --test` takes files and patterns; `npm test -- domain ops` should mean their folders.
function below(root, path) {
  const isFolder = statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() ?? false;
  const inside = (file) => file.startsWith(join(path, '/'));
  return isFolder
    ? [false, true].flatMap((heavy) => testFiles(root, heavy)).filter(inside)
    : [path];
}

/** The project's test files, relative to its folder: the heavy ones, or all the others. */
export function testFiles(root, heavy) {
  return readdirSync(root, { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.has(name))
    .flatMap((entry) => walk(join(root, entry.name), entry.isDirectory()))
    .map((file) => relative(root, file))
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => file.startsWith(HEAVY) === heavy)
    .sort();
}

function walk(path, isFolder) {
  if (!isFolder) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .flatMap((entry) => walk(join(path, entry.name), entry.isDirectory()));
}
