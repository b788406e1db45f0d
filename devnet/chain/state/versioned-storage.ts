import type { Hex } from '../hex.ts';
import { SortedKeys } from './sorted-keys.ts';

/** Bytes, or how to make them again: a large seeded state need not be held in memory. Must always give the same bytes. */
export type StoredValue = Uint8Array | (() => Uint8Array);

type Version = { readonly sinceBlock: number; readonly value: StoredValue | undefined };
type Undo = { readonly key: Hex; readonly wasPending: boolean; readonly value: StoredValue | undefined };

/**
 * Key-value state with its history: what a block under construction writes, and every retained block's view.
 * Keys are lower-case hexadecimal.
 */
export class VersionedStorage {
  readonly #versions = new Map<Hex, Version[]>();
  readonly #keys = new SortedKeys();
  readonly #changedIn = new Map<number, Hex[]>();
  /** Keys still in the order although no retained block has a value for them. */
  readonly #dead = new Set<Hex>();
  #pending = new Map<Hex, StoredValue | undefined>();
  #undo: Undo[] = [];

  /** The value as the block under construction sees it. */
  get(key: Hex): Uint8Array | undefined {
    if (this.#pending.has(key)) return load(this.#pending.get(key));
    return load(this.#versions.get(key)?.at(-1)?.value);
  }

  put(key: Hex, value: StoredValue): void {
    this.#write(key, value);
  }

  delete(key: Hex): void {
    this.#write(key, undefined);
  }

  /** A point that `rollback` returns to, within the block under construction. */
  checkpoint(): number {
    return this.#undo.length;
  }

  rollback(checkpoint: number): void {
    for (const { key, wasPending, value } of this.#undo.splice(checkpoint).reverse()) {
      if (wasPending) this.#pending.set(key, value);
      else this.#pending.delete(key);
    }
  }

  /** Makes what was written the state of a block; returns the keys written. */
  commit(block: number): readonly Hex[] {
    const changed = [...this.#pending.keys()];
    for (const [key, value] of this.#pending) {
      const versions = this.#versions.get(key);
      if (versions !== undefined) {
        versions.push({ sinceBlock: block, value });
      } else if (value !== undefined) {
        this.#versions.set(key, [{ sinceBlock: block, value }]);
        if (!this.#dead.delete(key)) this.#keys.add(key);
      }
    }
    this.#changedIn.set(block, changed);
    this.#pending = new Map();
    this.#undo = [];
    return changed;
  }

  /** The value after a block, undefined where it had none. The block must not have been pruned. */
  getAt(key: Hex, block: number): Uint8Array | undefined {
    return load(this.#versionAt(key, block)?.value);
  }

  /** At most `count` keys of the state after a block that begin with the prefix and follow `after`, in byte order. */
  keysAt(prefix: string, block: number, count: number, after?: string): Hex[] {
    const page: Hex[] = [];
    for (const key of this.#keys.from(prefix, after)) {
      if (page.length === count) break;
      if (this.#versionAt(key, block)?.value !== undefined) page.push(key);
    }
    return page;
  }

  /** Keys that changed in a retained block. */
  changedIn(block: number): readonly Hex[] {
    return this.#changedIn.get(block) ?? [];
  }

  /** Forgets what only the state after this block or an earlier one needs. */
  prune(block: number): void {
    for (const key of this.#changedIn.get(block + 1) ?? []) {
      const versions = this.#versions.get(key);
      if (versions === undefined) continue;
      while ((versions[1]?.sinceBlock ?? Infinity) <= block + 1) versions.shift();
      if (versions.length === 1 && versions[0]?.value === undefined) {
        this.#versions.delete(key);
        this.#dead.add(key);
      }
    }
    this.#changedIn.delete(block);
    if (this.#dead.size > 1000 && this.#dead.size > this.#keys.size / 4) {
      this.#keys.retain((key) => !this.#dead.has(key));
      this.#dead.clear();
    }
  }

  #write(key: Hex, value: StoredValue | undefined): void {
    this.#undo.push({ key, wasPending: this.#pending.has(key), value: this.#pending.get(key) });
    this.#pending.set(key, value);
  }

  #versionAt(key: Hex, block: number): Version | undefined {
    const versions = this.#versions.get(key) ?? [];
    let low = 0;
    let high = versions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((versions[middle]?.sinceBlock ?? 0) <= block) low = middle + 1;
      else high = middle;
    }
    return versions[low - 1];
  }
}

function load(value: StoredValue | undefined): Uint8Array | undefined {
  return typeof value === 'function' ? value() : value;
}
