import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FileMapEntry, FileMapError, FileMapReader } from '../../../src/clients/sworker/file-map.ts';

function readAll(text: string, cuts: readonly number[] = []): FileMapEntry[] {
  const bytes = Buffer.from(text);
  const borders = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const reader = new FileMapReader();
  const entries: FileMapEntry[] = [];
  let start = 0;
  for (const border of [...borders, bytes.length]) {
    entries.push(...reader.push(bytes.subarray(start, border)));
    start = border;
  }
  return [...entries, ...reader.end()];
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

  it('holds no entry that never ends', () => {
    const reader = new FileMapReader();
    reader.push(Buffer.from('{"QmA":{"x":"'));
    const endless = Buffer.alloc(70_000, 'y');
    expect(() => reader.push(endless)).toThrow(/without an end/u);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => new FileMapReader().push(Buffer.from([0x7b, 0x22, 0xff, 0xfe]))).toThrow(FileMapError);
  });
});
