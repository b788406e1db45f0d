import { createHash } from 'node:crypto';
import { xxhashAsU8a } from '@polkadot/util-crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chainOrderKey,
  orderKeyBytes,
  parseListedKey,
  parseStorageKey,
  prefixOf,
  storageKeyOf,
} from '../../../src/clients/chain/keys/order-key.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { xxHash64 } from '../../../src/clients/chain/keys/xx-hash-64.ts';
import { spanOfText } from '../../../src/clients/chain/scale/hex-span.ts';
import { Undecodable } from '../../../src/clients/chain/scale/undecodable.ts';
import { orderKeyVectors } from '../../support/chain-vectors.ts';

describe('twox64', () => {
  it('is what the library computes, for every length up to several stripes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(8), (bytes, start) => {
        const from = Math.min(start, bytes.length);
        const out = new Uint8Array(8);
        xxHash64(bytes, from, bytes.length, out);
        expect(out).toEqual(xxhashAsU8a(bytes.slice(from), 64));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the storage key of an order', () => {
  it.each(orderKeyVectors)('is known for $text', ({ text, twox64, storageKey }) => {
    const position = Number.parseInt(twox64.slice(0, 12), 16);
    expect(chainOrderKey(text)).toEqual({ text, position, storageKey });
    expect(parseStorageKey(storageKey)).toEqual({ text, position, storageKey });
    expect(storageKey.startsWith(prefixOf(position))).toBe(true);
  });

  it('comes back from what was made of any bytes, at every width of the length', () => {
    const lengths = [0, 1, 63, 64, 65, 127, 128, 129, 500, 16_383, 16_384];
    const contents = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(...lengths).map((length) => new Uint8Array(length).fill(0x61)),
    );
    fc.assert(
      fc.property(contents, (content) => {
        const key = chainOrderKey(content);
        expect(parseStorageKey(key.storageKey)).toEqual(key);
        expect(parseListedKey(spanOfText(key.storageKey)).storageKey).toBe(key.storageKey);
        expect(Buffer.from(orderKeyBytes(key.storageKey)).equals(content)).toBe(true);
      }),
    );
  });

  it('sorts by position as the chain sorts by bytes', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const [left, right] = [chainOrderKey(a), chainOrderKey(b)];
        const byPosition = Math.sign(left.position - right.position);
        expect(byPosition).toBe(left.storageKey < right.storageKey ? -1 : Number(left.storageKey > right.storageKey));
      }),
    );
  });

  it('is refused when any digit of it was changed, or when it ends early or late', () => {
    const storageKey = orderKeyVectors[2].storageKey;
    for (let at = 0; at < storageKey.length; at += 1) {
      const other = storageKey[at] === '0' ? '1' : '0';
      expect(() => parseStorageKey(storageKey.slice(0, at) + other + storageKey.slice(at + 1))).toThrow(Undecodable);
      expect(() => parseStorageKey(storageKey.slice(0, at))).toThrow(Undecodable);
    }
    expect(() => parseStorageKey(`${storageKey}00`)).toThrow(Undecodable);
    expect(() => parseStorageKey(storageKey.replace('25016630', '2501zz30'))).toThrow(Undecodable);
  });

  it('is refused when its length is written in more bytes than it needs', () => {
    const encoded = Buffer.from('0d00616263', 'hex');
    const twox = Buffer.from(xxhashAsU8a(encoded, 64)).toString('hex');
    const storageKey = `${storagePrefixes.marketFilesV2}${twox}${encoded.toString('hex')}`;
    expect(() => parseStorageKey(storageKey)).toThrow(Undecodable);
  });
});

const substitute = (bytes: Uint8Array): string => {
  const digest = createHash('sha256').update(bytes).digest('hex');
  return `0x${Buffer.from(bytes.subarray(0, 64)).toString('hex')}~${digest}`;
};

describe('the text of an order', () => {
  it('is what was typed when that is printable ASCII of at most 128 characters', () => {
    expect(chainOrderKey('a b~').text).toBe('a b~');
    expect(chainOrderKey('x'.repeat(128)).text).toBe('x'.repeat(128));
  });

  it('is a substitute when it is longer or has other characters', () => {
    for (const content of ['x'.repeat(129), 'a\u0001', 'a\u007f', 'ü', 'line\n']) {
      expect(chainOrderKey(content).text).toBe(substitute(Buffer.from(content, 'utf8')));
    }
    const raw = Uint8Array.of(0xff, 0xfe, 0x00);
    expect(chainOrderKey(raw).text).toBe(substitute(raw));
  });

  it('cannot be made to look like the substitute of another key', () => {
    const victim = chainOrderKey(Uint8Array.of(1, 2, 3));
    const lookalike = chainOrderKey(victim.text);
    expect(lookalike.text).not.toBe(victim.text);
    expect(lookalike.text).toBe(substitute(Buffer.from(victim.text, 'latin1')));
  });

  it('leads back to the storage key, except for a substitute, which the chain must resolve', () => {
    const key = chainOrderKey(orderKeyVectors[0].text);
    expect(storageKeyOf({ text: key.text, position: key.position })).toBe(key.storageKey);
    const odd = chainOrderKey('\u0000');
    expect(storageKeyOf({ text: odd.text, position: odd.position })).toBeUndefined();
    expect(storageKeyOf(odd)).toBe(odd.storageKey);
  });
});

describe('the storage prefixes', () => {
  it.each([
    ['Market', 'FilesV2', storagePrefixes.marketFilesV2],
    ['Swork', 'Identities', storagePrefixes.sworkIdentities],
    ['Swork', 'Groups', storagePrefixes.sworkGroups],
    ['Swork', 'WorkReports', storagePrefixes.sworkWorkReports],
    ['Swork', 'CurrentReportSlot', storagePrefixes.sworkCurrentReportSlot],
    ['Market', 'FileKeysCount', storagePrefixes.marketFileKeysCount],
    ['System', 'Number', storagePrefixes.systemNumber],
    ['System', 'Events', storagePrefixes.systemEvents],
    ['Timestamp', 'Now', storagePrefixes.timestampNow],
  ])('%s.%s is the hash of its names', (pallet, item, prefix) => {
    const hashes = [pallet, item].map((name) => Buffer.from(xxhashAsU8a(name, 128)).toString('hex'));
    expect(prefix).toBe(`0x${hashes.join('')}`);
  });
});
