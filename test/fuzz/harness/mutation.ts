import * as fc from 'fast-check';

/** One change of some bytes. `at` is taken modulo the length, so that a list of changes fits any bytes. */
type Change =
  | { readonly kind: 'flip'; readonly at: number; readonly bits: number }
  | { readonly kind: 'put' | 'insert'; readonly at: number; readonly token: number; readonly times: number }
  | { readonly kind: 'remove' | 'repeat'; readonly at: number; readonly length: number }
  | { readonly kind: 'cut'; readonly at: number };

export type Changes = readonly Change[];

/** Pieces that readers stumble over. */
const tokens: readonly Uint8Array[] = [
  [
    '\u001b[2J',
    '\u001b]0;title\u0007',
    '\u009b31m',
    '\u202e',
    '\u061c',
    '\u2066',
    '\u2028',
    '\ufeff',
    '\u0000',
    '\u007f',
    '\r\n',
    '\n',
  ],
  [
    '"',
    '\\',
    '\\u001b',
    '\\u009b',
    '\\u202e',
    '\\ud800',
    '\\u0000',
    '{',
    '}',
    '[',
    ']',
    '{"":',
    '[[',
    ',',
    ':',
    '0',
    'f',
    '0x',
    '/',
    ' ',
  ],
  [
    'null',
    'true',
    '-0',
    '1e999',
    '-1',
    '0.5',
    '9007199254740993',
    '18446744073709551615',
    '1'.repeat(400),
    '"9".9e99"',
  ],
  [
    '"__proto__":',
    '"constructor":',
    '"valid":',
    '"error"',
    '{}',
    '[]',
    "'; DROP TABLE file_record; --",
    '<script>',
    '../../',
    '${x}',
    '%00',
  ],
  ['\u0441', '\u{1f600}', 'e\u0301'],
]
  .flat()
  .map((text) => Buffer.from(text));
const rawTokens = [
  Uint8Array.of(0x9b),
  Uint8Array.of(0xff),
  Uint8Array.of(0xe2, 0x82),
  Uint8Array.of(0xc0, 0x80),
  Uint8Array.of(0xed, 0xa0, 0x80),
];
const allTokens = [...tokens, ...rawTokens];

const at = fc.nat(2 ** 20);
const times = fc.oneof(
  { weight: 12, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.constantFrom(2, 70, 1500) },
  { weight: 1, arbitrary: fc.constantFrom(9000, 70_000) },
);
const token = fc.nat(allTokens.length - 1);

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('flip' as const), at, bits: fc.integer({ min: 1, max: 255 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('put' as const, 'insert' as const), at, token, times }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('remove' as const, 'repeat' as const),
      at,
      length: fc.integer({ min: 1, max: 300 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at }) },
);

/** Mostly few: after many nothing of the shape is left that a reader would go into. */
export const changes: fc.Arbitrary<Changes> = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 8, arbitrary: fc.array(change, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(change, { maxLength: 20 }) },
);

export function changed(base: Uint8Array, list: Changes): Buffer {
  return list.reduce<Buffer>(apply, Buffer.from(base));
}

/** The same of a text; bytes that are no UTF-8 any more come out as replacement characters. */
export function changedText(base: string, list: Changes): string {
  return changed(Buffer.from(base), list).toString('utf8');
}

function apply(bytes: Buffer, change: Change): Buffer {
  const start = bytes.length === 0 ? 0 : change.at % (bytes.length + 1);
  const [head, tail] = [bytes.subarray(0, start), bytes.subarray(start)];
  switch (change.kind) {
    case 'flip': {
      const copy = Buffer.from(bytes);
      if (start < copy.length) copy[start] = (copy[start] ?? 0) ^ change.bits;
      return copy;
    }
    case 'put':
    case 'insert': {
      const piece = allTokens[change.token] ?? Buffer.alloc(0);
      const rest = change.kind === 'put' ? tail.subarray(piece.length) : tail;
      return Buffer.concat([head, ...Array.from({ length: change.times }, () => piece), rest]);
    }
    case 'remove':
      return Buffer.concat([head, tail.subarray(change.length)]);
    case 'repeat':
      return Buffer.concat([head, tail.subarray(0, change.length), tail]);
    case 'cut':
    default:
      return head;
  }
}
