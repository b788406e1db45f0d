import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileMapError } from '../../../src/clients/sworker/file-map-error.ts';
import { toFile } from '../../../src/clients/sworker/files.ts';
import { plainSizes } from '../../../src/clients/sworker/plain-sizes.ts';
import { heldFileAnswer } from '../../../src/clients/sworker/schemas.ts';

const entryOf = (text: string) => {
  // Something stands before and behind it, as in a list.
  const bytes = Buffer.from(`"":${text},"`);
  return { group: undefined, cid: 'QmA', bytes, start: 3, end: bytes.length - 2 };
};
const sizesOf = (text: string) => {
  const { bytes, start, end } = entryOf(text);
  return plainSizes(bytes, start, end);
};

/** Members as sWorker writes them, and as it does not. */
const names = fc.constantFrom('size', 's_size', 'c_block_num', 'type', 'sizes', 's_sizf', 'other');
const numbers = fc.oneof(
  fc.maxSafeNat().map(String),
  fc.constantFrom('0', '00', '01', '-1', '1.5', '1e3', '"7"', 'null', '999999999999999', '1000000000000000', ''),
);
const space = fc.constantFrom('', ' ', '\n', '\t \r');
const member = fc
  .tuple(names, numbers, space, space, space, space)
  .map(([name, number, a, b, c, d]) => `${a}"${name}"${b}:${c}${number}${d}`);
const object = fc.array(member, { maxLength: 4 }).map((members) => `{${members.join(',')}}`);

describe('the sizes of a listed file', () => {
  it('are read from their bytes only where the schema reads the same', () => {
    fc.assert(
      fc.property(object, (text) => {
        const sizes = sizesOf(text);
        if (sizes === undefined) return;
        const { size, s_size: sealed } = heldFileAnswer.parse(JSON.parse(text));
        expect(sizes).toEqual({ sizeBytes: size, sealedBytes: sealed ?? 0 });
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{"c_block_num":5,"s_size":2,"size":1}', { sizeBytes: 1, sealedBytes: 2 }],
    ['{ "size" : 1 }', { sizeBytes: 1, sealedBytes: 0 }],
    ['{"size":999999999999999,"s_size":0}', { sizeBytes: 999_999_999_999_999, sealedBytes: 0 }],
    ['{"size":1,"size":2}', { sizeBytes: 2, sealedBytes: 0 }],
  ])('are read from their bytes: %s', (text, sizes) => {
    expect(sizesOf(text)).toEqual(sizes);
    expect(toFile(entryOf(text), 'valid')).toEqual({ type: 'valid', cid: 'QmA', ...sizes });
  });

  it.each([
    '{}',
    '{"s_size":1}',
    '{"size":1000000000000000}',
    '{"size":01}',
    '{"size":1,}',
    '{"size":1}}',
    '{"size":1',
    '{"size" 1}',
    '{size:1}',
    '["size",1]',
    '{"size":1,"type":"lost"}',
    '{"size":"1"}',
  ])('are left to the schemas: %s', (text) => {
    expect(sizesOf(text)).toBeUndefined();
  });

  it('are those of another type where the entry says so', () => {
    const lost = { type: 'lost', cid: 'QmA', sizeBytes: 1, sealedBytes: 0 };
    expect(toFile(entryOf('{"size":"1","type":"lost"}'), 'valid')).toEqual(lost);
    expect(toFile({ ...entryOf('{"size":1}'), group: 'lost' }, 'valid')).toEqual(lost);
    expect(toFile(entryOf('{"size":1,"sealed_size":"3"}'), 'pending')).toEqual({
      type: 'pending',
      cid: 'QmA',
      sealedBytes: 3,
    });
  });

  it('of a wrong shape name file and field', () => {
    expect(() => toFile(entryOf('{"size":-1}'), 'valid')).toThrow(/^QmA\.size: /u);
    expect(() => toFile(entryOf('{"size":1}'), undefined)).toThrow(FileMapError);
  });
});
