import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Whether a process with this id runs now; a zombie counts as gone. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, but belongs to someone else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  // In a container without an init process nobody reaps orphans: they stay as zombies for ever.
  return process.platform !== 'linux' || statusFields(pid)[0] !== 'Z';
}

/** A mark of when a process started, so that a reused process id is not taken for the old process. */
export function startMark(pid: number): string {
  if (process.platform === 'linux') return statusFields(pid)[19] ?? '';
  return ps(pid, 'lstart=');
}

/** The command line of a process, its arguments joined with blanks; empty when it cannot be read. */
export function commandLine(pid: number): string {
  if (process.platform !== 'linux') return ps(pid, 'command=');
  return readOr(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

// proc(5): `pid (name) state ppid … starttime`; the name may hold blanks and brackets, so count from its end.
function statusFields(pid: number): string[] {
  const text = readOr(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function ps(pid: number, column: string): string {
  try {
    return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
