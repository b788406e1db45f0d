/** Reads SCALE values from bytes in order. Throws RangeError past the end. */
export class ScaleReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  fixed(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new RangeError(`${length} bytes asked at ${this.#offset}, past the end`);
    const part = this.#bytes.slice(this.#offset, end);
    this.#offset = end;
    return part;
  }

  u8(): number {
    return Number(this.#unsigned(1));
  }

  u32(): number {
    return Number(this.#unsigned(4));
  }

  u64(): bigint {
    return this.#unsigned(8);
  }

  u128(): bigint {
    return this.#unsigned(16);
  }

  bool(): boolean {
    return this.u8() === 1;
  }

  compact(): bigint {
    const first = BigInt(this.u8());
    const mode = first & 3n;
    if (mode === 0n) return first >> 2n;
    if (mode === 1n) return (first | (this.#unsigned(1) << 8n)) >> 2n;
    if (mode === 2n) return (first | (this.#unsigned(3) << 8n)) >> 2n;
    return this.#unsigned(Number(first >> 2n) + 4);
  }

  byteVec(): Uint8Array {
    return this.fixed(Number(this.compact()));
  }

  option<T>(read: () => T): T | undefined {
    return this.u8() === 1 ? read() : undefined;
  }

  vec<T>(read: () => T): T[] {
    const length = Number(this.compact());
    return Array.from({ length }, read);
  }

  #unsigned(widthBytes: number): bigint {
    const part = this.fixed(widthBytes);
    let value = 0n;
    for (let i = widthBytes - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(part[i] ?? 0);
    return value;
  }
}
