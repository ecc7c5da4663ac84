import { deepEqual, equal, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { placesIn } from './json-places.ts';

describe('a JSON text over several lines', () => {
  it('tells the line of every value by its path', () => {
    const text = '{\n "a": [\n  1,\n  {"b\\n": "x",\n   "c": []}],\n "d": {}\n}';
    deepEqual(
      [...placesIn(text).lines],
      [
        ['', 1],
        ['a', 2],
        ['a.0', 3],
        ['a.1', 4],
        ['a.1.b\n', 4],
        ['a.1.c', 5],
        ['d', 6],
      ],
    );
  });

  for (const [text, line] of [
    ['{"a": [\n}', 2],
    ['{"a":\n 1,\n}', 3],
    ['[1,\n2\n3]', 3],
    ['{"a": 1}\n\nx', 3],
    ['{"a":\n', 2],
    ['[1,\n"never closed]', 2],
    ['{1: 2}', 1],
    ['[01]', 1],
  ] as const) {
    it(`is broken on line ${line}: ${JSON.stringify(text)}`, () => {
      throws(() => JSON.parse(text));
      equal(placesIn(text).brokenAt, line);
    });
  }

  it('is broken where JSON.parse says so, and nowhere else', () => {
    const spaced = fc.tuple(fc.json(), fc.nat(3)).map(([json, by]) => {
      return JSON.stringify(JSON.parse(json), null, by);
    });
    fc.assert(fc.property(spaced, (text) => placesIn(text).brokenAt === null));
    const cut = fc.tuple(spaced, fc.nat(), fc.constantFrom('', ',', '}', ']', '"', ':', '1', '\n'));
    fc.assert(
      fc.property(cut, ([text, at, put]) => {
        const place = at % (text.length + 1);
        const other = `${text.slice(0, place)}${put}${text.slice(place + 1)}`;
        let isBroken = false;
        try {
          JSON.parse(other);
        } catch {
          isBroken = true;
        }
        equal(placesIn(other).brokenAt !== null, isBroken, other);
      }),
      { numRuns: 2000 },
    );
  });
});
