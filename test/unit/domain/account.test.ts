import { decodeAddress, encodeAddress } from '@polkadot/util-crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, findAccount } from '../../../src/domain/account.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
// 46 and 47 are reserved: the library makes no address of them.
const prefix = fc.integer({ min: 0, max: 16_383 }).filter((value) => value !== 46 && value !== 47);

/** What the field's own library says: the key when the text is the address of an account. */
function byLibrary(text: string): string | undefined {
  try {
    const bytes = decodeAddress(text);
    return bytes.length === 32 ? Buffer.from(bytes).toString('hex') : undefined;
  } catch {
    return undefined;
  }
}

describe('an account', () => {
  it('is found by its text in any prefix, and shown in the one of Crust', () => {
    fc.assert(
      fc.property(key, prefix, (publicKey, ss58Prefix) => {
        const account = findAccount(encodeAddress(publicKey, ss58Prefix));
        expect(account?.publicKeyHex).toBe(Buffer.from(publicKey).toString('hex'));
        expect(account?.address).toBe(encodeAddress(publicKey, 66));
        expect(addressOf(publicKey)).toBe(encodeAddress(publicKey, 66));
      }),
    );
  });

  it('is not found by a text that the library takes for none', () => {
    const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
    const letter = fc.constantFrom(...base58.split(''));
    fc.assert(
      fc.property(key, prefix, fc.nat(60), letter, (publicKey, ss58Prefix, at, other) => {
        const address = encodeAddress(publicKey, ss58Prefix);
        const spoiled = address.slice(0, at) + other + address.slice(at + 1);
        expect(findAccount(spoiled)?.publicKeyHex).toBe(byLibrary(spoiled));
      }),
    );
    fc.assert(
      fc.property(fc.array(letter, { minLength: 40, maxLength: 60 }), (letters) => {
        const text = letters.join('');
        expect(findAccount(text)?.publicKeyHex).toBe(byLibrary(text));
      }),
    );
  });

  it.each([
    ['a key of 33 bytes', encodeAddress(new Uint8Array(33).fill(7), 66)],
    ['a key of 8 bytes', encodeAddress(new Uint8Array(8).fill(7), 66)],
    ['a hex key', `0x${'11'.repeat(32)}`],
    ['nothing', ''],
    ['letters that base58 lacks', 'cT0OIl'.padEnd(49, '0')],
  ])('is not found by %s', (_what, text) => {
    expect(findAccount(text)).toBeUndefined();
  });
});
