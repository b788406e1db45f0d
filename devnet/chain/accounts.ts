import { blake2AsU8a, decodeAddress, encodeAddress } from '@polkadot/util-crypto';

import { fromHex, toHex } from './hex.ts';
import type { Hex } from './hex.ts';

/** An account as its 32 public-key bytes in hexadecimal. */
export type AccountId = Hex;

/** The ss58 prefix of Crust mainnet; its addresses begin with `cT`. */
export const SS58_PREFIX = 66;

/** A made-up account that is the same for the same name. */
export function namedAccount(name: string): AccountId {
  return toHex(blake2AsU8a(`devnet account ${name}`, 256));
}

/** Accepts an address of any ss58 prefix or 32 bytes of hexadecimal; throws otherwise. */
export function parseAccount(account: string): AccountId {
  return toHex(decodeAddress(account));
}

export function toAddress(account: AccountId): string {
  return encodeAddress(fromHex(account), SS58_PREFIX);
}

/** The 32 bytes that stand for the account in SCALE. */
export function accountBytes(account: AccountId): Uint8Array {
  const bytes = fromHex(account);
  if (bytes.length !== 32) throw new RangeError(`an account has 32 bytes, not ${bytes.length}`);
  return bytes;
}
