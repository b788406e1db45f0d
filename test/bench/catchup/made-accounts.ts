import { compact } from './scale-hex.ts';

/** Public key of an account of the bench's chain, 64 hex digits. */
export function accountHex(account: number): string {
  let hex = made.get(account);
  if (hex === undefined) {
    hex = `c0${account.toString(16).padStart(8, '0')}`.padEnd(64, 'a7');
    made.set(account, hex);
  }
  return hex;
}

const made = new Map<number, string>();

/** A node's key, 128 hex digits. */
function publicKeyHex(account: number): string {
  return accountHex(account) + accountHex(account ^ 0xffff);
}

/** A node's anchor with its length in front. */
export function anchorHex(account: number): string {
  return compact(64) + publicKeyHex(account);
}
