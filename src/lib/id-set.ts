/** A set of small positive integers, one bit each: 400,000 record ids take some 50 KiB. */
export class IdSet {
  #bits = new Uint8Array(1024);

  add(id: number): void {
    const at = Math.floor(id / 8);
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bits.length, at + 1));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    this.#bits[at] = (this.#bits[at] ?? 0) | (1 << (id % 8));
  }

  has(id: number): boolean {
    return ((this.#bits[Math.floor(id / 8)] ?? 0) & (1 << (id % 8))) !== 0;
  }

  /** Its numbers from the smallest on, so many at a time. */
  *slices(size: number): Generator<readonly number[], void, undefined> {
    let slice: number[] = [];
    for (const id of this.#values()) {
      slice.push(id);
      if (slice.length < size) continue;
      yield slice;
      slice = [];
    }
    if (slice.length > 0) yield slice;
  }

  *#values(): Generator<number, void, undefined> {
    for (const [at, bits] of this.#bits.entries()) {
      for (let bit = 0; bits >> bit > 0; bit += 1) if (((bits >> bit) & 1) === 1) yield 8 * at + bit;
    }
  }
}
