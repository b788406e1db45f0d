/** How much an older answer still counts when a newer one comes. */
const remembered = 0.8;

/** How densely the keys of a map lie, learned from those read so far. They are hashes, so that the next ones lie nearly the same. */
export class KeyDensity {
  #keys = 0;
  #positions = 0;

  /** So many keys lay on a stretch of so many positions. */
  note(keys: number, positions: number): void {
    if (positions <= 0) return;
    this.#keys = this.#keys * remembered + keys;
    this.#positions = this.#positions * remembered + positions;
  }

  /** Positions that hold about `keys` keys; undefined while none were seen. */
  positionsOf(keys: number): number | undefined {
    return this.#keys === 0 ? undefined : Math.ceil((this.#positions / this.#keys) * keys);
  }

  /** About how many keys lie on a stretch; 0 while none were seen. */
  keysOn(positions: number): number {
    return this.#positions === 0 ? 0 : (this.#keys / this.#positions) * positions;
  }
}
