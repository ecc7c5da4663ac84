/** Where values of a JSON text begin, and where it breaks off; lines count from 1. */
export type JsonPlaces = {
  /** By path, such as `lines.3.amount`. */
  readonly lines: ReadonlyMap<string, number>;
  /** The line of the first thing that JSON does not allow; null for none. */
  readonly brokenAt: number | null;
};

type Walk = {
  readonly text: string;
  readonly lines: Map<string, number>;
  at: number;
  line: number;
};

/** Thrown where the text is no JSON any more. */
class Broken extends Error {}

const blank = /[ \t\r\n]*/y;
const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/sy;

const match = (pattern: RegExp, { text, at }: Walk): string => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
};

const skipBlanks = (walk: Walk): void => {
  const skipped = match(blank, walk);
  walk.at += skipped.length;
  walk.line += skipped.split('\n').length - 1;
};

const next = (walk: Walk): string => {
  skipBlanks(walk);
  const found = match(token, walk);
  walk.at += found.length;
  return found;
};

const mustBe = (isSo: boolean): void => {
  if (!isSo) throw new Broken();
};

/** What a token says that is no sign; throws Broken where it says nothing. */
const plain = (found: string): unknown => {
  try {
    return JSON.parse(found);
  } catch {
    throw new Broken();
  }
};

/** Deeper than any statement; what is deeper still is not walked. */
const deepest = 1_000;

const under = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

const walkMembers = (walk: Walk, path: string, depth: number): void => {
  let name = next(walk);
  if (name === '}') return;
  for (;;) {
    mustBe(name.startsWith('"'));
    const key = String(plain(name));
    mustBe(next(walk) === ':');
    walkValue(walk, next(walk), under(path, key), depth);
    const sign = next(walk);
    if (sign === '}') return;
    mustBe(sign === ',');
    name = next(walk);
  }
};

const walkItems = (walk: Walk, path: string, depth: number): void => {
  let found = next(walk);
  if (found === ']') return;
  for (let index = 0; ; index += 1) {
    walkValue(walk, found, under(path, String(index)), depth);
    const sign = next(walk);
    if (sign === ']') return;
    mustBe(sign === ',');
    found = next(walk);
  }
};

const walkValue = (walk: Walk, found: string, path: string, depth: number): void => {
  mustBe(depth < deepest);
  walk.lines.set(path, walk.line);
  if (found === '{') walkMembers(walk, path, depth + 1);
  else if (found === '[') walkItems(walk, path, depth + 1);
  else plain(found);
};

/** Walks over a text and keeps the line of each value: `JSON.parse` says what a value is, but not where. */
export const placesIn = (text: string): JsonPlaces => {
  const walk: Walk = { text, lines: new Map(), at: 0, line: 1 };
  try {
    walkValue(walk, next(walk), '', 0);
    skipBlanks(walk);
    mustBe(walk.at === text.length);
    return { lines: walk.lines, brokenAt: null };
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { lines: walk.lines, brokenAt: walk.line };
  }
};
