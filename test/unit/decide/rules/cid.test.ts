import * as fc from 'fast-check';
import { base16 } from 'multiformats/bases/base16';
import { base32, base32upper } from 'multiformats/bases/base32';
import { base36 } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { base64url } from 'multiformats/bases/base64';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { describe, expect, it } from 'vitest';
import { badCidReason, isNeverSealed, parseAnyCid } from '../../../../src/decide/rules/bad-cid.ts';
import { parseSealableCid } from '../../../../src/decide/rules/cid.ts';

const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });
const v0 = (digest: Uint8Array): CID => CID.createV0(Digest.create(0x12, digest));
const v1 = (codec: number, digest: Uint8Array, hash = 0x12): CID => CID.createV1(codec, Digest.create(hash, digest));

/** What multiformats makes of a text, by the same rules: the reference the hand-written parser is held against. */
function reference(text: string): Uint8Array | undefined {
  let cid: CID;
  try {
    cid = CID.parse(text);
  } catch {
    return undefined;
  }
  const sealable = [0x70, 0x55].includes(cid.code) && cid.multihash.code === 0x12 && cid.multihash.size === 32;
  // Decoded again, because a parsed CID remembers the text it came from.
  return sealable && CID.decode(cid.bytes).toString() === text ? cid.toV1().bytes : undefined;
}

describe('a CID that can be sealed and credited', () => {
  it('gives the bytes of its version 1 in each of its three forms', () => {
    fc.assert(
      fc.property(digests, (digest) => {
        const forms = [v0(digest), v1(0x70, digest), v1(0x55, digest)];
        for (const cid of forms) expect(parseSealableCid(cid.toString())).toEqual(cid.toV1().bytes);
      }),
    );
  });

  it('is told from every other text exactly as multiformats tells it', () => {
    const sealable = fc.tuple(digests, fc.constantFrom(0, 1, 2)).map(([digest, form]) => {
      const made = form === 0 ? v0(digest) : v1(form === 1 ? 0x70 : 0x55, digest);
      return made.toString();
    });
    const damaged = fc
      .tuple(sealable, fc.nat({ max: 58 }), fc.constantFrom(...'0OIl1zA7q8a2=é\u0000 '.split('')))
      .map(([text, at, character]) => text.slice(0, at) + character + text.slice(at + 1));
    const alphabetical = fc.oneof(
      fc
        .string({ unit: fc.constantFrom(...'123456789ABCabcXYZxyz'.split('')), minLength: 44, maxLength: 44 })
        .map((t) => `Qm${t}`),
      fc
        .string({ unit: fc.constantFrom(...'abcz2347'.split('')), minLength: 58, maxLength: 58 })
        .map((text) => `b${text}`),
    );
    fc.assert(
      fc.property(fc.oneof(sealable, damaged, alphabetical, fc.string()), (text) => {
        expect(parseSealableCid(text)).toEqual(reference(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('is never a text whose last bits are not zero', () => {
    const text = v1(0x55, new Uint8Array(32)).toString();
    expect(text.endsWith('a')).toBe(true);
    expect(parseSealableCid(`${text.slice(0, -1)}b`)).toBeUndefined();
  });
});

describe('a bad CID', () => {
  const digest = new Uint8Array(32).fill(7);

  it.each([
    ['not-a-cid', 'hello'],
    ['not-a-cid', ''],
    ['not-a-cid', '0x00ff~aa'],
    ['not-a-cid', `${v0(digest).toString()}1`],
    ['codec', v1(0x71, digest).toString()],
    ['hash', v1(0x55, digest, 0x16).toString()],
    ['hash', v1(0x70, new Uint8Array(20)).toString()],
    ['not-canonical', v1(0x70, digest).toString(base58btc)],
    ['not-canonical', v1(0x55, digest).toString(base36)],
    ['not-canonical', v1(0x55, digest).toString(base16)],
    ['not-canonical', v1(0x55, digest).toString(base64url)],
    ['not-canonical', v1(0x55, digest).toString(base32upper)],
  ])('is one because: %s', (reason, text) => {
    expect(parseSealableCid(text)).toBeUndefined();
    expect(badCidReason(text)).toBe(reason);
  });

  it('is one that is too long for an order’s text, and then it is not taken apart', () => {
    const sha512 = v1(0x55, new Uint8Array(64).fill(7), 0x13);
    expect(parseAnyCid(sha512.toString(base32upper))?.equals(sha512)).toBe(true);
    expect(badCidReason(sha512.toString(base16))).toBe('not-a-cid');
    const startedMs = performance.now();
    expect(badCidReason(`z${'2'.repeat(150_000)}`)).toBe('not-a-cid');
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });

  it('gets a reason whatever its text', () => {
    const reasons = ['not-a-cid', 'codec', 'hash', 'not-canonical'];
    fc.assert(
      fc.property(fc.string({ maxLength: 128 }), (text) => {
        expect(reasons).toContain(badCidReason(text));
      }),
    );
  });
});

describe('the three files that the daemon pins and never seals', () => {
  const known = [
    'QmQPeNsJPyVWPFDVHb77w8G42Fvo15z4bG2X8D2GhfbSXc',
    'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn',
    'QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n',
  ];

  it.each(known)('%s is one in every form', (text) => {
    const { digest } = CID.parse(text).multihash;
    const forms = [text, v1(0x70, digest).toString(base32), v1(0x55, digest).toString(base32)];
    for (const form of forms) expect(isNeverSealed(parseSealableCid(form) ?? new Uint8Array())).toBe(true);
  });

  it('no other file is one, even when its digest begins alike', () => {
    fc.assert(
      fc.property(digests, fc.constantFrom(0x1e, 0x59, 0xe3), (digest, first) => {
        const bytes = parseSealableCid(v0(Uint8Array.from([first, ...digest.subarray(1)])).toString());
        expect(isNeverSealed(bytes ?? new Uint8Array())).toBe(false);
      }),
    );
  });
});
