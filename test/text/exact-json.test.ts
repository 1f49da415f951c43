import { describe, expect, it } from 'vitest';
import { parseExactJson, parseFileJson } from '../../src/text/exact-json.ts';

describe('JSON with exact numbers', () => {
  it.each([
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['12345678901234567890', '12345678901234567890'],
    ['9007199254740991', 9007199254740991],
    ['1e400', '1e400'],
    ['-0.5E+400', '-0.5E+400'],
    ['1e21', 1e21],
    ['0.12345678901234567890', 0.12345678901234568],
    ['-0', -0],
    ['1.0', 1],
  ])('reads %s', (written, value) => {
    expect(parseExactJson(written)).toEqual(value);
    expect(parseExactJson(`{"a": [1, ${written}]}`)).toEqual({ a: [1, value] });
    expect(parseFileJson(`[NaN,${written}]`)).toEqual([null, value]);
  });

  it('leaves texts as they are', () => {
    const texts = [
      'id 9007199254740993',
      '"9007199254740993"',
      '\\',
      '\\"9007199254740993, NaN',
      '1e400',
      'NaN -Infinity',
    ];
    const value = { texts, 9007199254740993: texts, NaN: 1 };
    const written = JSON.stringify(value).replace('1}', '9007199254740993}');
    for (const parse of [parseExactJson, parseFileJson]) {
      expect(parse(written)).toEqual({ ...value, NaN: '9007199254740993' });
    }
  });

  it('reads the numbers that only Python writes as null, and only in files', () => {
    expect(parseFileJson('{"a": NaN, "b": [Infinity, -Infinity]}')).toEqual({
      a: null,
      b: [null, null],
    });
    expect(() => parseExactJson('{"a": NaN}')).toThrow(SyntaxError);
    expect(() => parseExactJson('[NaN, 9007199254740993]')).toThrow(SyntaxError);
  });

  it.each(['', '[09007199254740993]', '[1-9007199254740993]', '["9007199254740993]', '[-NaN]'])(
    'refuses %s',
    (text) => {
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
      expect(() => parseFileJson(text)).toThrow(SyntaxError);
    },
  );

  it('takes the names of JavaScript as plain keys', () => {
    const text = '{"__proto__": {"a": 9007199254740993}, "constructor": 1, "toString": 2}';
    const value = parseExactJson(text) as object;
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});
