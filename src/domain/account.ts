import { decodeSs58, encodeSs58 } from './ss58.ts';

/** Crust's own address format. */
const SS58_PREFIX = 66;

/** An account, compared by its public key, because one account has a text per prefix, and shown by its address. */
export interface Account {
  /** 64 lower-case hex digits. */
  readonly publicKeyHex: string;
  /** ss58 with prefix 66. */
  readonly address: string;
}

/** An account from its ss58 text in any prefix; undefined when the text is none (wrong checksum, wrong length, a hex key). */
export function findAccount(text: string): Account | undefined {
  const address = text.trim();
  if (!/^[1-9A-HJ-NP-Za-km-z]{40,60}$/u.test(address)) return undefined;
  const publicKey = decodeSs58(address);
  return publicKey === undefined ? undefined : accountOf(Buffer.from(publicKey).toString('hex'));
}

/** The same; a `RangeError` for a text that is no address. */
export function parseAccount(text: string): Account {
  const account = findAccount(text);
  if (account === undefined) throw new RangeError('not an ss58 address of 32 bytes');
  return account;
}

/** An account from the 64 hex digits of its public key. */
export function accountOf(publicKeyHex: string): Account {
  return { publicKeyHex, address: addressOf(Buffer.from(publicKeyHex, 'hex')) };
}

export function addressOf(publicKey: Uint8Array): string {
  return encodeSs58(publicKey, SS58_PREFIX);
}

/** The 32 bytes. */
export function publicKeyBytes(account: Account): Uint8Array {
  return Buffer.from(account.publicKeyHex, 'hex');
}
