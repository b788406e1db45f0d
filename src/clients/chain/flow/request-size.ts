/** After this many requests in a row that were not too large, the next ones are a tenth larger again. */
const GROW_AFTER = 20;

/** How much is asked for at once: halved when an answer was too large, grown back step by step. */
export class RequestSize {
  readonly #max: number;
  #current: number;
  #good = 0;

  constructor(max: number) {
    this.#max = max;
    this.#current = max;
  }

  get current(): number {
    return this.#current;
  }

  /** Nothing has been too large lately. */
  get isWhole(): boolean {
    return this.#current === this.#max;
  }

  noteGood(): void {
    if (this.#current === this.#max) return;
    this.#good += 1;
    if (this.#good < GROW_AFTER) return;
    this.#good = 0;
    this.#current = Math.min(this.#max, Math.ceil(this.#current * 1.1));
  }

  /** Half of what was tried, at least 1; requests that were under way together shrink it once. */
  noteTooMuch(tried: number): number {
    const half = Math.max(1, Math.ceil(tried / 2));
    this.#current = Math.min(this.#current, half);
    this.#good = 0;
    return half;
  }
}
