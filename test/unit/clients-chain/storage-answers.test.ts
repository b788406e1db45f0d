import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import type { RawResult } from '../../../src/clients/chain/messages/raw-message.ts';
import { HexReader } from '../../../src/clients/chain/scale/hex-reader.ts';
import { decodeChanges } from '../../../src/clients/chain/storage/storage-changes.ts';
import type { ValueDecoder } from '../../../src/clients/chain/storage/storage-changes.ts';
import { parsePage } from '../../../src/clients/chain/storage/storage-keys.ts';
import { Undecodable } from '../../../src/clients/chain/scale/undecodable.ts';
import { chainOrderKey, parseStorageKey } from '../../../src/clients/chain/keys/order-key.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { looseJson } from './loose-json.ts';

const at = { number: 7, hash: `0x${'5a'.repeat(32)}` };
const keys = ['a', 'bb', 'ccc', 'dddd'].map((cid) => chainOrderKey(cid).storageKey);

/** What a reading gives, its errors included; not where they were noticed in a text that is no JSON. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof Undecodable) return { field: error.field, message: error.message, came: error.came };
    if (error instanceof SmError) return { code: error.code, field: error.data['field'], came: error.data['came'] };
    throw error;
  }
}

/** The same answer for the reader of bytes, and for the parser. */
function bothWays(text: string, read: (result: RawResult) => unknown): [unknown, unknown] {
  const bytes = Buffer.from(text);
  const isPlain = /^[\x20-\x5b\x5d-\x7f\s]*$/.test(text);
  return [outcome(() => read({ bytes, isPlain })), outcome(() => read({ bytes, isPlain: false }))];
}

const decode: ValueDecoder<number | null> = (span) => {
  if (span === null) return null;
  const reader = new HexReader(span, 'value');
  const first = reader.u32('value.first');
  reader.skipBytes('value.rest');
  reader.end('value.rest');
  return first;
};
const whole = fc.tuple(fc.nat(255), fc.nat(60)).map(([first, rest]) => {
  return `0x${first.toString(16).padStart(2, '0')}000000${(rest * 4).toString(16).padStart(2, '0')}${'7f'.repeat(rest)}`;
});
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 12, arbitrary: whole },
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom('0x', '0x0', '', 'busy', '0x0102', '0xZZ', 5, [], {}, true) },
);
const change = fc.tuple(fc.constantFrom(...keys), value);
const changes = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(value, value, value, value).map((list) => list.map((one, i) => [keys[i], one])) },
  { weight: 2, arbitrary: fc.array(change, { maxLength: 6 }) },
  { weight: 1, arbitrary: fc.array(fc.jsonValue(), { maxLength: 4 }) },
);

describe('an answer of storage values', () => {
  it('says the same cut out of its bytes as parsed: the values, or what is wrong', () => {
    const seen = { values: 0, errors: 0 };
    fc.assert(
      fc.property(
        changes,
        fc.constantFrom(at.hash, at.hash, at.hash, `0x${'00'.repeat(32)}`),
        fc.boolean(),
        fc.uniqueArray(fc.constantFrom('block', 'changes', 'more'), { minLength: 1 }),
        looseJson,
        (list, block, isUsual, odd, write) => {
          const names = isUsual ? ['block', 'changes'] : odd;
          const text = `[${write(names.map((name) => [name, name === 'block' ? block : list]))}]`;
          const [cut, parsed] = bothWays(text, (result) => decodeChanges({ endPoint: 'x', result, keys, at }, decode));
          expect(cut).toEqual(parsed);
          if (Array.isArray(cut)) seen.values += 1;
          else seen.errors += 1;
        },
      ),
      { numRuns: 1500 },
    );
    expect(Math.min(seen.values, seen.errors)).toBeGreaterThan(100);
  });

  it('is decoded where it stands when it is as it should be: nothing is parsed', () => {
    const text = JSON.stringify([{ block: at.hash, changes: keys.map((key) => [key, '0x0100000000']) }]);
    const bytes = Buffer.from(text);
    const spans: boolean[] = [];
    const read = decodeChanges({ endPoint: 'x', result: { bytes, isPlain: true }, keys, at }, (span) => {
      spans.push(span?.bytes === bytes);
      return span === null ? null : decode(span, 0);
    });
    expect(read).toEqual([1, 1, 1, 1]);
    expect(spans).toEqual([true, true, true, true]);
  });
});

describe('an answer of storage keys', () => {
  const prefix = storagePrefixes.marketFilesV2;
  const sorted = Array.from({ length: 12 }, (_, index) => chainOrderKey(`cid ${index}`).storageKey).sort();
  const key = fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...sorted) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>('0x00', 5, null, `${prefix}00`, `${sorted[0]}00`, 'ä', prefix) },
  );
  const page = fc.oneof(
    { weight: 3, arbitrary: fc.subarray(sorted) },
    { weight: 1, arbitrary: fc.array(key, { maxLength: 4 }) },
  );

  it('says the same cut out of its bytes as parsed: the orders, or what is wrong', () => {
    const seen = { keys: 0, errors: 0 };
    const after = fc.constantFrom(null, null, `${prefix}0123456789ab`, sorted[3] ?? null);
    fc.assert(
      fc.property(page, after, fc.integer({ min: 1, max: 12 }), looseJson, (list, start, limit, write) => {
        const text = write([['x', list]])
          .replace(/^\s*\{\s*"x"\s*:/, '')
          .replace(/\}\s*$/, '');
        const query = { prefix, after: start, at, limit };
        const [cut, parsed] = bothWays(text, (result) => parsePage('x', result, query, parseStorageKey));
        expect(cut).toEqual(parsed);
        if (Array.isArray(cut)) seen.keys += 1;
        else seen.errors += 1;
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(seen.keys, seen.errors)).toBeGreaterThan(100);
  });
});
