import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileMapReader } from '../../../src/clients/sworker/file-map.ts';
import { FileMapError } from '../../../src/clients/sworker/file-map-error.ts';
import { jsonOf } from '../../../src/clients/sworker/json-bytes.ts';

interface Entry {
  readonly group: string | undefined;
  readonly cid: string;
  readonly value: unknown;
}

const newReader = () =>
  new FileMapReader<Entry>(({ group, cid, bytes, start, end }) => ({ group, cid, value: jsonOf(bytes, start, end) }));

function readAll(text: string | Buffer, cuts: readonly number[] = []): Entry[] {
  const bytes = Buffer.from(text);
  const borders = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const reader = newReader();
  const entries: Entry[] = [];
  let start = 0;
  for (const border of [...borders, bytes.length]) {
    entries.push(...reader.push(bytes.subarray(start, border)));
    start = border;
  }
  reader.end();
  return entries;
}

const values = fc.dictionary(
  fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
  fc.oneof(fc.string({ maxLength: 12, unit: 'binary' }), fc.integer(), fc.constant({ deep: [{ x: '}"{' }] })),
  { maxKeys: 4 },
);
const files = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1, maxLength: 60 }), values), {
  maxLength: 8,
  selector: ([cid]) => cid,
});
const group = fc.constantFrom('valid' as const, 'lost' as const, 'pending' as const);

describe('reading a map of files', () => {
  it('gives every entry of a flat map however the bytes are cut', () => {
    fc.assert(
      fc.property(files, fc.array(fc.nat()), fc.constantFrom(undefined, 2), (entries, cuts, indent) => {
        const flat = entries.filter(([cid]) => !['valid', 'lost', 'pending', '__proto__'].includes(cid));
        const text = JSON.stringify(Object.fromEntries(flat), undefined, indent);
        const read = readAll(text, cuts).map(({ cid, value }) => [cid, value]);
        expect(Object.fromEntries(read)).toEqual(Object.fromEntries(flat));
        expect(read).toHaveLength(flat.length);
      }),
    );
  });

  it('tells the groups of a nested map', () => {
    fc.assert(
      fc.property(fc.uniqueArray(group), values, fc.array(fc.nat()), (names, value, cuts) => {
        const text = JSON.stringify(
          Object.fromEntries(names.map((name) => [name, { [`Qm${name}`]: value, other: value }])),
        );
        const expected = names.flatMap((name) => [`Qm${name}`, 'other'].map((cid) => ({ group: name, cid, value })));
        expect(readAll(text, cuts)).toEqual(
          expected.map((entry) => ({ ...entry, value: JSON.parse(JSON.stringify(value)) })),
        );
      }),
    );
  });

  it('refuses every beginning of a map that is not the whole', () => {
    const text = '{"QmA": {"size": 1, "s_size": "2"},\n "valid": {"QmB": {"size": 3}} }';
    expect(readAll(text)).toHaveLength(2);
    for (let length = 0; length < text.trimEnd().length; length += 1) {
      expect(() => readAll(text.slice(0, length))).toThrow(FileMapError);
    }
  });

  it.each([
    '[]',
    'null',
    '{"a":{}}{',
    '{"a":{},}',
    '{,}',
    '{"a" {}}',
    '{"a":{} "b":{}}',
    '{"a":{"b":nope}}',
    '<html>',
    '{"a":',
    '{a:{}}',
    '{"valid":{"a":{}},}',
  ])('refuses %s', (text) => {
    expect(() => readAll(text)).toThrow(FileMapError);
  });

  it.each([
    ['an endless value', `{"QmA":{"x":"${'y'.repeat(70_000)}"}}`],
    ['an endless key', `{"${'y'.repeat(70_000)}":{}}`],
    ['white space without an end of the entry', `{"QmA":${' '.repeat(70_000)}1}`],
    ['nesting', `{"QmA":${'['.repeat(40)}${']'.repeat(40)}}`],
  ])('refuses %s, in one piece as in many', (_, text) => {
    expect(() => readAll(text)).toThrow(FileMapError);
    const many = Array.from({ length: Math.ceil(text.length / 1000) }, (__, index) => 1000 * index);
    expect(() => readAll(text, many)).toThrow(FileMapError);
  });

  it('holds no entry that never ends', () => {
    const reader = newReader();
    reader.push(Buffer.from('{"QmA":{"x":"'));
    const endless = Buffer.alloc(70_000, 'y');
    expect(() => reader.push(endless)).toThrow(/without an end/u);
  });

  it('refuses bytes that are not UTF-8, in a key, in a value and between them', () => {
    const bad = Buffer.from([0xff, 0xfe]);
    for (const [before, behind] of [
      ['{"', '":{}}'],
      ['{"QmA":"', '"}'],
      ['{"QmA"', ':{}}'],
    ] as const) {
      expect(() => readAll(Buffer.concat([Buffer.from(before), bad, Buffer.from(behind)]))).toThrow(FileMapError);
    }
  });

  it('gives keys as JSON means them', () => {
    const keys = ['', 'a"b', '\\', '\u00e9', 'é', '\u0000', '\ud83d\ude00', '__proto__', 'a\tb'];
    const text = `{${keys.map((key) => `${key === 'é' ? '"é"' : JSON.stringify(key)}:1`).join(',')}}`;
    expect(readAll(text).map(({ cid }) => cid)).toEqual(keys);
    expect(() => readAll('{"a\nb":1}')).toThrow(FileMapError);
  });
});

/** Text that is nearly JSON: pieces of it in any order. */
const pieces = fc
  .array(
    fc.constantFrom(
      '{',
      '}',
      '"',
      ':',
      ',',
      '[',
      ']',
      '\\',
      '"QmA"',
      '"size"',
      '1',
      '-',
      ' ',
      '\n',
      'é',
      'null',
      '{"a":{}}',
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));

describe('any text at all', () => {
  it('is read alike however it is cut, and read only if it is JSON', () => {
    const outcome = (text: string, cuts: readonly number[]): unknown => {
      try {
        return readAll(text, cuts);
      } catch (error) {
        if (!(error instanceof FileMapError)) throw error;
        return 'refused';
      }
    };
    fc.assert(
      fc.property(pieces, fc.array(fc.nat()), (middle, cuts) => {
        for (const text of [middle, `{${middle}}`, `{"QmA":${middle}}`]) {
          const whole = outcome(text, []);
          expect(outcome(text, cuts)).toEqual(whole);
          expect(whole === 'refused' || typeof JSON.parse(text) === 'object').toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
