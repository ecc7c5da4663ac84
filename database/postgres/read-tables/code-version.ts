import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');
/** Whose code decides what an event makes of the read tables. */
const rooms = ['domain', 'projections'];

const sources = (): readonly string[] =>
  rooms
    .flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(room, file),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort();

let known: string | undefined;

/** The program's version with a fingerprint of the code that folds: `0.1.0+3f9a2c41`. The same code, the same text. */
export const codeVersion = (): string => {
  if (known !== undefined) return known;
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const hash = createHash('sha256');
  for (const file of sources()) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  known = `${version}+${hash.digest('hex').slice(0, 8)}`;
  return known;
};
