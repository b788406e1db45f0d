import { decodeAddress, encodeAddress } from '@polkadot/util-crypto';

/** Crust's own address format. */
const SS58_PREFIX = 66;

/** An account, compared by its public key and shown by its address. */
export interface Account {
  /** 64 lower-case hex digits. */
  readonly publicKeyHex: string;
  /** ss58 with prefix 66. */
  readonly address: string;
}

/** An account from its ss58 text in any prefix; a `RangeError` says what is wrong with it. */
export function parseAccount(text: string): Account {
  let publicKey: Uint8Array;
  try {
    publicKey = decodeAddress(text);
  } catch (error) {
    throw new RangeError('not an ss58 address', { cause: error });
  }
  if (publicKey.length !== 32) throw new RangeError(`an address of ${publicKey.length} bytes, accounts have 32`);
  return accountOf(Buffer.from(publicKey).toString('hex'));
}

/** An account from the 64 hex digits of its public key. */
export function accountOf(publicKeyHex: string): Account {
  return { publicKeyHex, address: addressOf(Buffer.from(publicKeyHex, 'hex')) };
}

export function addressOf(publicKey: Uint8Array): string {
  return encodeAddress(publicKey, SS58_PREFIX);
}

/** The 32 bytes. */
export function publicKeyBytes(account: Account): Uint8Array {
  return Buffer.from(account.publicKeyHex, 'hex');
}
