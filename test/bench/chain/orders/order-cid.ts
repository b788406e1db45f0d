import { mixed, nextState } from './mixing.ts';

/** Characters of a CIDv0 text. */
export const CID_CHARACTERS = 46;
const ALPHABET = Buffer.from('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', 'latin1');
const BASE = ALPHABET.length;
/** Between the thirds of the smallest and the largest text of a sha2-256 multihash (`12 20`): whatever digits follow, its first bytes are these. */
const THIRD = Buffer.from('PQRSTUVWXYZabcde', 'latin1');
const DIGITS_A_NUMBER = 5;

/** Writes the text of an order's CID, valid and different from every other order's. */
export function writeCid(seed: number, order: number, out: Uint8Array, start: number): void {
  let state = mixed(order ^ seed) | 0;
  out[start] = 0x51;
  out[start + 1] = 0x6d;
  out[start + 2] = THIRD[mixed(state ^ seed) & 15] ?? 0;
  let at = start + 3;
  const end = start + CID_CHARACTERS;
  while (at < end) {
    state = nextState(state);
    let number = mixed(state);
    for (let digit = 0; digit < DIGITS_A_NUMBER && at < end; digit += 1) {
      out[at] = ALPHABET[number % BASE] ?? 0;
      number = (number / BASE) >>> 0;
      at += 1;
    }
  }
}

export function cidOf(seed: number, order: number): string {
  const text = Buffer.alloc(CID_CHARACTERS);
  writeCid(seed, order, text, 0);
  return text.toString('latin1');
}
