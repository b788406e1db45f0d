import { hexDigits, spanOfText, textOfSpan } from './hex-span.ts';
import type { HexSpan } from './hex-span.ts';
import { Undecodable } from './undecodable.ts';

const U32_SPAN = 2 ** 32;
/** Compact modes 0 to 2 carry less than these; a value that fits a shorter mode in a longer one is not canonical. */
const MODE_SPANS = [2 ** 6, 2 ** 14, 2 ** 30] as const;

const ZERO = 0x30;
const LETTER_X = 0x78;

/**
 * Reads SCALE from the hex text of an RPC answer where it stands. Every read names its field; bytes that are missing, not lower-case hex or not
 * canonical throw `Undecodable`. Skipped bytes are not looked at.
 */
export class HexReader {
  readonly #span: HexSpan;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #at: number;

  constructor(hex: HexSpan | string, field: string) {
    const span = typeof hex === 'string' ? spanOfText(hex) : hex;
    const { bytes, from, to } = span;
    this.#span = span;
    this.#bytes = bytes;
    this.#start = from + 2;
    this.#end = to;
    this.#at = this.#start;
    if (to < this.#start || (to - from) % 2 !== 0 || bytes[from] !== ZERO || bytes[from + 1] !== LETTER_X) {
      throw new Undecodable(field, 'not whole bytes of hex', textOfSpan(span));
    }
  }

  u8(field: string): number {
    const value = this.#at + 2 > this.#end ? -1 : this.#byte(this.#at);
    if (value < 0) throw this.#fault(field);
    this.#at += 2;
    return value;
  }

  u32(field: string): number {
    const at = this.#at;
    if (at + 8 > this.#end) throw this.#fault(field);
    const low = this.#byte(at) | (this.#byte(at + 2) << 8);
    const high = this.#byte(at + 4) | (this.#byte(at + 6) << 8);
    if (low < 0 || high < 0) throw this.#fault(field);
    this.#at = at + 8;
    return high * 0x10000 + low;
  }

  /** Exact up to 2^53-1; anything above reads as that. */
  u64Capped(field: string): number {
    const low = this.u32(field);
    const value = this.u32(field) * U32_SPAN + low;
    return Math.min(value, Number.MAX_SAFE_INTEGER);
  }

  bool(field: string): boolean {
    const value = this.u8(field);
    if (value > 1) throw this.#fault(field, 'neither true nor false');
    return value === 1;
  }

  /** A compact length or count. */
  compactLength(field: string): number {
    const first = this.u8(field);
    const mode = first & 3;
    if (mode === 3) throw this.#fault(field, 'a length beyond all bounds');
    return this.#shortCompact(field, first, mode);
  }

  /** A compact count that the chain's own rules bound: what claims more is damaged, and is not read. */
  compactCount(most: number, field: string): number {
    const count = this.compactLength(field);
    if (count > most) throw this.#fault(field, `${count} entries, at most ${most} can be`);
    return count;
  }

  /** A compact of up to 128 bits as decimal digits. */
  compactDecimal(field: string): string {
    const first = this.u8(field);
    const mode = first & 3;
    if (mode < 3) return String(this.#shortCompact(field, first, mode));
    const bytes = (first >> 2) + 4;
    if (bytes > 16) throw this.#fault(field, 'more than 128 bits');
    let small = 0;
    let big = 0n;
    let last = 0;
    for (let index = 0; index < bytes; index += 1) {
      last = this.u8(field);
      if (index < 6) small += last * 2 ** (8 * index);
      else big |= BigInt(last) << BigInt(8 * index);
    }
    if (last === 0 || (bytes === 4 && small < 2 ** 30)) throw this.#fault(field, 'not in its shortest form');
    return bytes <= 6 ? String(small) : String(big | BigInt(small));
  }

  skip(bytes: number, field: string): void {
    this.#at += 2 * bytes;
    if (this.#at > this.#end) throw this.#fault(field);
  }

  /** Skips a length-prefixed byte string. */
  skipBytes(field: string): void {
    this.skip(this.compactLength(field), field);
  }

  /** The next bytes as hex digits without `0x`. */
  hexDigits(bytes: number, field: string): string {
    const from = this.#at;
    this.skip(bytes, field);
    const digits = this.#span.bytes.toString('latin1', from, this.#at);
    if (!/^[0-9a-f]*$/.test(digits)) throw this.#fault(field);
    return digits;
  }

  /** Whether exactly these hex digits (in ASCII) come next; moves nothing. */
  nextIs(digits: Uint8Array): boolean {
    const at = this.#at;
    if (at + digits.length > this.#end) return false;
    for (let index = 0; index < digits.length; index += 1) {
      if (this.#bytes[at + index] !== digits[index]) return false;
    }
    return true;
  }

  /** Asserts that nothing is left. */
  end(field: string): void {
    if (this.#at !== this.#end) throw this.#fault(field, 'more bytes than its type has');
  }

  #shortCompact(field: string, first: number, mode: number): number {
    let value = first >> 2;
    if (mode === 1) value += this.u8(field) * 2 ** 6;
    else if (mode === 2) value += this.u8(field) * 2 ** 6 + this.u8(field) * 2 ** 14 + this.u8(field) * 2 ** 22;
    if (mode > 0 && value < (MODE_SPANS[mode - 1] ?? 0)) throw this.#fault(field, 'not in its shortest form');
    return value;
  }

  /** Negative when these are not two hex digits. */
  #byte(at: number): number {
    const bytes = this.#bytes;
    return ((hexDigits[bytes[at] ?? 0] ?? -1) << 4) | (hexDigits[bytes[at + 1] ?? 0] ?? -1);
  }

  #fault(field: string, problem = 'too short or not hex'): Undecodable {
    return new Undecodable(field, `${problem}, at byte ${(this.#at - this.#start) / 2}`, textOfSpan(this.#span));
  }
}
