import { u8aToHex } from '@polkadot/util';
import { decodeAddress, encodeAddress } from '@polkadot/util-crypto';
import type { Account } from './config.ts';

const crustPrefix = 66;
const publicKeyBytes = 32;

/** An ss58 address of any prefix; undefined when the text is none (wrong checksum, wrong length, a hex key). */
export function parseAccount(text: string): Account | undefined {
  const address = text.trim();
  if (!/^[1-9A-HJ-NP-Za-km-z]{40,60}$/u.test(address)) return undefined;
  let publicKey: Uint8Array;
  try {
    publicKey = decodeAddress(address);
  } catch {
    // The library has one error for every text that is no address, and that is the answer here.
    return undefined;
  }
  if (publicKey.length !== publicKeyBytes) return undefined;
  return { address: encodeAddress(publicKey, crustPrefix), publicKeyHex: u8aToHex(publicKey) };
}
