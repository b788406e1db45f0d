import type { Hex } from '../hex.ts';

/**
 * Keys in the order of their bytes. Hexadecimal of one case sorts like the bytes it stands for, so plain text order does.
 * A few additions are inserted in place, many are merged when the order is next asked for.
 */
export class SortedKeys {
  #sorted: Hex[] = [];
  #added: Hex[] = [];

  /** The key must not be in the collection. */
  add(key: Hex): void {
    this.#added.push(key);
  }

  /** Forgets the keys for which `keep` is false. */
  retain(keep: (key: Hex) => boolean): void {
    this.#sorted = this.#ordered().filter(keep);
  }

  get size(): number {
    return this.#sorted.length + this.#added.length;
  }

  /** Keys that begin with the prefix and are greater than `after`, in order. */
  *from(prefix: string, after: string | undefined): Generator<Hex> {
    const sorted = this.#ordered();
    const start = after === undefined || after < prefix ? prefix : after;
    for (let i = lowerBound(sorted, start); i < sorted.length; i += 1) {
      const key = sorted[i];
      if (key === undefined || !key.startsWith(prefix)) return;
      if (key !== after) yield key;
    }
  }

  #ordered(): Hex[] {
    if (this.#added.length === 0) return this.#sorted;
    if (this.#added.length > 64) {
      this.#sorted = [...this.#sorted, ...this.#added].sort(byText);
    } else {
      for (const key of this.#added) this.#sorted.splice(lowerBound(this.#sorted, key), 0, key);
    }
    this.#added = [];
    return this.#sorted;
  }
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Index of the first key that is not smaller. */
function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
