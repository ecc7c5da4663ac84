import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const NOT_SOURCE = new Set(['node_modules', '.git', 'data', 'web']);

/** Every TypeScript file below `root` that is ours, relative, with forward slashes. */
export function sourceFiles(root: string): string[] {
  return walk(root)
    .map((file) => relative(root, file).replaceAll(sep, '/'))
    .filter((file) => file.endsWith('.ts') && !file.startsWith('benchmarks/results/'))
    .sort();
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return NOT_SOURCE.has(entry.name) ? [] : walk(path);
  });
}
