import { storagePrefixes } from '../../../../src/clients/chain/keys/storage-prefixes.ts';
import { xxHash64 } from '../../../../src/clients/chain/keys/xx-hash-64.ts';
import { writeByte } from './hex-text.ts';
import { CID_CHARACTERS, writeCid } from './order-cid.ts';

const PREFIX = Buffer.from(storagePrefixes.marketFilesV2, 'latin1');
const HASH_DIGITS = 16;
const HASH_BYTES = 8;
/** SCALE compact of the CID's length. */
const LENGTH_BYTE = CID_CHARACTERS << 2;
/** An order's number shares a 32-bit word with as many bits of the hash as are left. */
const ORDER_BITS = 23;
const ORDER_MASK = 2 ** ORDER_BITS - 1;
const HASH_MASK = ~ORDER_MASK >>> 0;

/** Characters of a storage key of this map as JSON carries it, without quotes. */
export const KEY_CHARACTERS = PREFIX.length + HASH_DIGITS + 2 * (1 + CID_CHARACTERS);

/**
 * The orders in the chain's order of their storage keys, in 12 bytes each: 41 bits of the hash with the order's number, sorted, and by number the 23 bits
 * of the hash that are left. (The words are those of a little-endian machine.)
 */
export class OrderIndex {
  readonly #seed: number;
  readonly #count: number;
  readonly #sorted: Uint32Array;
  readonly #rest: Uint32Array;
  readonly #scratch = Buffer.alloc(KEY_CHARACTERS);
  readonly #cid = Buffer.alloc(1 + CID_CHARACTERS);

  constructor(seed: number, count: number) {
    if (count > ORDER_MASK) throw new RangeError(`at most ${ORDER_MASK} orders`);
    this.#seed = seed;
    this.#count = count;
    const pairs = new BigUint64Array(count);
    this.#sorted = new Uint32Array(pairs.buffer);
    this.#rest = new Uint32Array(count);
    this.#cid[0] = LENGTH_BYTE;
    this.#scratch.set(PREFIX);
    const hash = Buffer.alloc(HASH_BYTES);
    for (let order = 0; order < count; order += 1) {
      writeCid(seed, order, this.#cid, 1);
      xxHash64(this.#cid, 0, this.#cid.length, hash);
      const low = hash.readUInt32BE(4);
      this.#sorted[2 * order + 1] = hash.readUInt32BE(0);
      this.#sorted[2 * order] = (low & HASH_MASK) | order;
      this.#rest[order] = low & ORDER_MASK;
    }
    pairs.sort();
    this.#mendTies(pairs);
  }

  get count(): number {
    return this.#count;
  }

  /** The order whose key stands at a place. */
  orderAt(place: number): number {
    return (this.#sorted[2 * place] ?? 0) & ORDER_MASK;
  }

  /** The first place whose key is not less than (or, `behind`, is greater than) a key or any beginning of one, both as hex with `0x`. */
  placeOf(key: string, behind: boolean): number {
    if (!key.startsWith(storagePrefixes.marketFilesV2)) return key < storagePrefixes.marketFilesV2 ? 0 : this.#count;
    const digits = key.slice(PREFIX.length, PREFIX.length + HASH_DIGITS).padEnd(HASH_DIGITS, '0');
    const high = Number.parseInt(digits.slice(0, 8), 16);
    const low = (Number.parseInt(digits.slice(8), 16) & HASH_MASK) >>> 0;
    let place = this.#lowerBound(high, low);
    for (; place < this.#count; place += 1) {
      const found = this.keyAt(place);
      if (behind ? found > key : found >= key) break;
    }
    return place;
  }

  /** The order of a storage key; -1 when no order has it. `key` is JSON text at `at` in `text`. */
  find(text: Buffer, at: number): number {
    if (text.compare(PREFIX, 0, PREFIX.length, at, at + PREFIX.length) !== 0) return -1;
    const high = hexWord(text, at + PREFIX.length);
    const low = hexWord(text, at + PREFIX.length + 8);
    for (let place = this.#lowerBound(high, (low & HASH_MASK) >>> 0); place < this.#count; place += 1) {
      if (
        this.#sorted[2 * place + 1] !== high ||
        ((this.#sorted[2 * place] ?? 0) & HASH_MASK) >>> 0 !== (low & HASH_MASK) >>> 0
      )
        return -1;
      const order = this.orderAt(place);
      if (((low ^ (this.#rest[order] ?? 0)) & ORDER_MASK) !== 0) continue;
      this.writeKey(place, this.#scratch, 0);
      if (text.compare(this.#scratch, 0, KEY_CHARACTERS, at, at + KEY_CHARACTERS) === 0) return order;
    }
    return -1;
  }

  /** Writes the storage key at a place as hex with `0x`, `KEY_CHARACTERS` long. */
  writeKey(place: number, out: Buffer, start: number): void {
    const order = this.orderAt(place);
    out.set(PREFIX, start);
    let at = writeWord(out, start + PREFIX.length, this.#sorted[2 * place + 1] ?? 0);
    at = writeWord(out, at, (((this.#sorted[2 * place] ?? 0) & HASH_MASK) | (this.#rest[order] ?? 0)) >>> 0);
    writeCid(this.#seed, order, this.#cid, 1);
    for (const byte of this.#cid) at = writeByte(out, at, byte);
  }

  keyAt(place: number): string {
    this.writeKey(place, this.#scratch, 0);
    return this.#scratch.toString('latin1');
  }

  /** First 48 bits of the hash, the order's position as the product stores it. */
  positionAt(place: number): number {
    const low = ((this.#sorted[2 * place] ?? 0) & HASH_MASK) | (this.#rest[this.orderAt(place)] ?? 0);
    return (this.#sorted[2 * place + 1] ?? 0) * 2 ** 16 + (low >>> 16);
  }

  /** First place whose 41 bits are not less; guessed from the hash's even spread, then stepped to. */
  #lowerBound(high: number, low: number): number {
    const isLess = (place: number): boolean => {
      const other = this.#sorted[2 * place + 1] ?? 0;
      return other === high ? ((this.#sorted[2 * place] ?? 0) & HASH_MASK) >>> 0 < low : other < high;
    };
    const guess = Math.floor((high / 2 ** 32) * this.#count);
    let step = 64;
    let from = guess;
    while (from > 0 && !isLess(from - 1)) {
      from = Math.max(0, from - step);
      step *= 2;
    }
    let to = Math.max(from, guess);
    step = 64;
    while (to < this.#count && isLess(to)) {
      from = to + 1;
      to = Math.min(this.#count, to + step);
      step *= 2;
    }
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (isLess(middle)) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Where 41 bits are the same the numbers decided; the rest of the hash must. */
  #mendTies(pairs: BigUint64Array): void {
    const bits = (place: number): bigint => (pairs[place] ?? 0n) >> BigInt(ORDER_BITS);
    for (let place = 1; place < this.#count; place += 1) {
      if (this.#sorted[2 * place + 1] !== this.#sorted[2 * place - 1]) continue;
      for (let at = place; at > 0 && bits(at) === bits(at - 1); at -= 1) {
        const [before, after] = [this.#rest[this.orderAt(at - 1)] ?? 0, this.#rest[this.orderAt(at)] ?? 0];
        if (before === after) throw new Error('two orders have one hash: take another seed');
        if (before < after) break;
        const pair = pairs[at] ?? 0n;
        pairs[at] = pairs[at - 1] ?? 0n;
        pairs[at - 1] = pair;
      }
    }
  }
}

function writeWord(out: Buffer, start: number, word: number): number {
  let at = start;
  for (let shift = 24; shift >= 0; shift -= 8) at = writeByte(out, at, (word >>> shift) & 255);
  return at;
}

/** Eight lower-case hex digits; anything else gives a number that no key has. */
function hexWord(text: Buffer, start: number): number {
  let word = 0;
  for (let at = start; at < start + 8; at += 1) {
    const code = text[at] ?? 0;
    word = (word << 4) | (code <= 57 ? code - 48 : code - 87);
  }
  return word >>> 0;
}
