import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');
/** Whose code decides what an event makes of the read tables. */
const projecting = ['domain', 'projections'];
/** And what of the past is folded on from: also how an old event is read, when it happened, how rows are kept. */
const folding = [
  ...projecting,
  'audit/as-of',
  'database/event-catalogue.ts',
  'database/event-codec.ts',
  'database/event-kinds.ts',
  'database/upcasters.ts',
  'database/postgres/audit/past-statements.ts',
  'database/postgres/audit/past.ts',
];

const sourcesIn = (folder: string, place: string): readonly string[] =>
  place.endsWith('.ts')
    ? [place]
    : readdirSync(join(folder, place), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(place, file),
      );

/** The version of the program in a folder with a fingerprint of some of its code: `0.1.0+3f9a2c41`. */
export const versionOf = (folder: string, places: readonly string[]): string => {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = places
    .flatMap((place) => sourcesIn(folder, place))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(folder, file)));
  return `${version}+${hash.digest('hex').slice(0, 8)}`;
};

let projects: string | undefined;
let folds: string | undefined;

/** Of the code that projects. The same code, the same text. */
export const codeVersion = (): string => {
  projects ??= versionOf(root, projecting);
  return projects;
};

/** Of the code that folds the past on from what is kept of it. */
export const foldVersion = (): string => {
  folds ??= versionOf(root, folding);
  return folds;
};
