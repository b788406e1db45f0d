const usualTargetMs = 12;
const fewestRows = 50;
const mostRows = 1_000;

/** How many rows the next transaction of many may have, so that it takes some 12 ms: whoever wants to claim an order waits for it. */
export class SlicePace {
  readonly #targetMs: number;
  #rows = 200;

  constructor(targetMs = usualTargetMs) {
    this.#targetMs = targetMs;
  }

  get rows(): number {
    return this.#rows;
  }

  /** A transaction of so many rows took so long. */
  took(rows: number, durationMs: number): void {
    if (rows === 0) return;
    // One slow transaction, behind a checkpoint, says little: half or double at most.
    const fitting = durationMs <= 0 ? 2 * this.#rows : (rows * this.#targetMs) / durationMs;
    const next = Math.min(2 * this.#rows, Math.max(this.#rows / 2, fitting));
    // The last rows of a list say nothing about a full slice that is faster.
    if (rows < this.#rows && next > this.#rows) return;
    this.#rows = Math.round(Math.min(mostRows, Math.max(fewestRows, next)));
  }
}
