import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isRunning, startMark } from './process-facts.ts';

/** Takes a folder for this process; returns how to give it back, or who has it. */
export function takeFolderLock(path: string): { release: () => void } | { heldBy: number } {
  const mine = `${process.pid} ${startMark(process.pid)}\n`;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine);
  try {
    for (;;) {
      if (linked(draft, path)) return { release: () => releaseIfMine(path, mine) };
      const found = readIfThere(path);
      if (found === undefined) continue;
      const holder = holderOf(found);
      if (holder !== undefined) return { heldBy: holder };
      removeStale(path, found);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

function holderOf(content: string): number | undefined {
  const [pid, mark] = content.trim().split(' ');
  const id = Number(pid);
  if (!Number.isInteger(id) || id <= 0 || !isRunning(id)) return undefined;
  return startMark(id) === (mark ?? '') ? id : undefined;
}

// Another process may have removed the stale lock and taken its own between our read and our removal:
// move it aside first, look at what was moved, and put a living one back.
function removeStale(path: string, stale: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== stale) linked(aside, path);
  rmSync(aside, { force: true });
}

function releaseIfMine(path: string, mine: string): void {
  if (readIfThere(path) === mine) rmSync(path, { force: true });
}

function linked(from: string, to: string): boolean {
  try {
    // link(2) is atomic and fails when the name is taken; the content is complete at once.
    linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
