// Behind every npm script: installs what is missing, then runs a program of ours under the Node that npm brought.
// usage: node ops/launch.mjs FILE [arguments] | node ops/launch.mjs --test [options] [paths]
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';
import { testArguments } from './test-files.mjs';

const root = join(import.meta.dirname, '..');
const say = (line) => process.stderr.write(`order-ledger: ${line}\n`);

// npm passes Ctrl-C on to its child, which the terminal has told too: the same wish within this time is one wish.
const SAME_SIGNAL_MS = 500;

try {
  const node = await ensureInstalled(root, say);
  run(node, process.argv.slice(2));
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}

function run(node, args) {
  const [first, ...rest] = args;
  const program = first === '--test' ? testArguments(root, rest) : args;
  if (program === undefined) {
    if (!rest.includes('--heavy')) throw new Error('There is no test file.');
    say('There are no heavy tests (tests/heavy/**/*.test.ts).');
    return;
  }
  const child = spawn(node, ['--import', join(root, 'ops', 'end-with-launcher.mjs'), ...program], {
    // A session of its own, so that a terminal's Ctrl-C reaches it once, through us; and a pipe that tells it
    // when we are gone, since a killed launcher can pass nothing on.
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, LAUNCHER_PID: String(process.pid) },
  });
  const last = new Map();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - (last.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_SIGNAL_MS) return;
      last.set(signal, now);
      // A closed terminal is a wish to end, too.
      child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    });
  }
  // npm killed: as long as we run under it, our parent is npm (the scripts' `exec` replaces the shell between).
  const parent = process.ppid;
  const watch = () => process.ppid !== parent && child.kill('SIGTERM');
  if (process.env.npm_lifecycle_event !== undefined) setInterval(watch, 250).unref();
  child.once('error', (error) => {
    say(`${node} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
