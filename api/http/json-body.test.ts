import { deepEqual, equal, throws } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NumberText, readJsonObject } from './json-body.ts';
import { HttpProblem } from './problem.ts';

const refuses = (text: string): void =>
  throws(
    () => readJsonObject(text),
    (error) => error instanceof HttpProblem && error.kind.code === 'invalid_json',
    text,
  );
/** Numbers as they were written; what JSON.parse would have made of everything else. */
const plain = (value: unknown): unknown => {
  if (value instanceof NumberText) return Number(value.source);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
};

describe('a JSON body', () => {
  it('keeps its numbers as they were written', () => {
    const body = readJsonObject('{"a":199.250,"b":1e400,"c":-0,"d":[12345678901234567890.1]}');
    deepEqual(Object.values(body).flat(), [
      new NumberText('199.250'),
      new NumberText('1e400'),
      new NumberText('-0'),
      new NumberText('12345678901234567890.1'),
    ]);
  });

  it('is one object, whole and well-formed', () => {
    for (const text of ['', '{', '[]', '"a"', '1', 'null', '{} {}', '{"a":NaN}', "{'a':1}"]) {
      refuses(text);
    }
  });

  it('has no name twice, at any depth and however it is spelled', () => {
    refuses('{"a":1,"a":1}');
    refuses('{"a":1,"\\u0061":1}');
    refuses('{"a":[{"b":{"c":1,"c":2}}]}');
    deepEqual(Object.keys(readJsonObject('{"a":{"x":"a:b\\":"},"b":{"x":[{"x":1}]}}')), ['a', 'b']);
  });

  it('holds __proto__ as a name like any other', () => {
    const body = readJsonObject('{"__proto__":{"polluted":true}}');
    deepEqual(Object.keys(body), ['__proto__']);
    equal(Object.getPrototypeOf(body), Object.prototype);
    equal(Reflect.get({}, 'polluted'), undefined);
  });

  it('is read as JSON.parse reads it, but for its numbers', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        deepEqual(plain(readJsonObject(text)), plain(JSON.parse(text)));
      }),
      { numRuns: 300 },
    );
  });
});
