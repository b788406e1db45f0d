/** Positions of orders, eight bytes each. */
export class PositionList {
  #positions = new Float64Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(position: number): void {
    if (this.#length === this.#positions.length) {
      const grown = new Float64Array(2 * this.#length);
      grown.set(this.#positions);
      this.#positions = grown;
    }
    this.#positions[this.#length] = position;
    this.#length += 1;
  }

  /** Gives them back from the smallest on, so many at a time, and forgets them. */
  *takeSorted(size: number): Generator<readonly number[], void, undefined> {
    const sorted = this.#positions.subarray(0, this.#length).sort();
    this.#positions = new Float64Array(1024);
    this.#length = 0;
    for (let at = 0; at < sorted.length; at += size) yield [...sorted.subarray(at, at + size)];
  }
}
