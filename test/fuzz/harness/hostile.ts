import * as fc from 'fast-check';

const texts = [
  'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn',
  'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
  '',
  '\u001b[2J\u001b[1;31m',
  '\u001b]0;owned\u0007',
  '\u009b2J',
  'a\r\nb\u2028c\u0085d',
  '\u202eQmgnirts\u2066',
  "'; DROP TABLE file_record; --",
  '<script>alert(1)</script>&amp;',
  'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjN\u043f',
  'Qm\u0430\u0435\u043e',
  '0x51~' + '0'.repeat(64),
  '__proto__',
  '%s %d %o ${x} {0}',
  '\u0000',
  ' ',
  '\ufeff',
  '\u{1f600}',
];

/** What customers may write as a CID or a memo: any bytes. */
export const anyContent: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...texts).map((text) => Uint8Array.from(Buffer.from(text))) },
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: 'binary', maxLength: 80 }).map((text) => Uint8Array.from(Buffer.from(text))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('\u001b[31m', 'A', '\u202e')
      .map((text) => Uint8Array.from(Buffer.from(text.repeat(65_536).slice(0, 65_536)))),
  },
);

const maxU64 = 2n ** 64n - 1n;
const maxU128 = 2n ** 128n - 1n;
export const anySize = fc.oneof(
  fc.constantFrom(0n, 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, maxU64),
  fc.bigInt({ min: 0n, max: maxU64 }),
);
export const anyAmount = fc.oneof(
  fc.constantFrom(0n, 63n, 64n, 2n ** 30n, 2n ** 64n, maxU128),
  fc.bigInt({ min: 0n, max: maxU128 }),
);
