import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** With one of these behind "Qm" whatever follows spells a sha2-256 of 32 bytes; the letters before and after them do so only in part. */
const middle = 'PQRSTUVWXYZabcde';
const restLength = 43;

/** 32 bits that look random, always the same for the same two numbers. */
export function mixed(seed: number, salt: number): number {
  let bits = Math.imul(seed ^ Math.imul(salt + 1, 0x9e3779b1), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 15), 0xc2b2ae35);
  bits = Math.imul(bits ^ (bits >>> 13), 0x27d4eb2f);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** The CID of one order: 46 characters that stand for a real CIDv0, another one for each index. */
export function madeCid(index: number): string {
  let text = `Qm${middle[mixed(index, 0) % middle.length]}`;
  let digits = 0;
  for (let at = 0; at < restLength; at += 1) {
    // The last characters spell the index itself, so that no two are alike.
    if (at >= restLength - 4) {
      text += base58[Math.floor(index / base58.length ** (restLength - 1 - at)) % base58.length];
      continue;
    }
    if (at % 4 === 0) digits = mixed(index, 1 + at);
    text += base58[digits % base58.length];
    digits = Math.floor(digits / base58.length);
  }
  return text;
}

/** Indices 0 … `orders` − 1 in the order in which the chain lists their keys, as far as 41 bits of the hash tell. */
export function byPosition(orders: number): Uint32Array {
  const sortable = new BigUint64Array(orders);
  const indexBits = 23n;
  for (let index = 0; index < orders; index += 1) {
    const position = BigInt(chainOrderKey(madeCid(index)).position);
    sortable[index] = ((position >> 7n) << indexBits) | BigInt(index);
  }
  sortable.sort();
  return Uint32Array.from(sortable, (value) => Number(value & ((1n << indexBits) - 1n)));
}
