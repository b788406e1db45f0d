import type { FoundFile, HeldFiles, HeldState, ListingChanges } from '../store/held-files.ts';
import type { Clock } from '../runtime/clock.ts';
import { FoundFiles } from './found-files.ts';
import { SlicePace } from '../store/slice-pace.ts';

type IdKind = Exclude<keyof ListingChanges, 'found'>;

/** In this order: records before the orders that rest on them. */
const idKinds: readonly IdKind[] = ['recovered', 'lost', 'seenAgain', 'handledOrders', 'closedOrders'];
/** A quarter as many cost three times as much a row, because fewer of them share a page; three times as many saved nothing. Some 3 MB. */
const mostCollected = 32_000;

interface Parts {
  readonly held: Pick<HeldFiles, 'apply'>;
  readonly clock: Clock;
  readonly headBlock: number;
  /** Of the files of the list. */
  readonly state: HeldState;
}

/**
 * Collects what a list changes and writes it in the order in which the tables lie on disk, in transactions of some milliseconds. sWorker's list has
 * no order, and in its order every row would touch pages of its own.
 */
export class ChangeWriter {
  readonly #parts: Parts;
  readonly #pace = new SlicePace();
  #found: FoundFiles;
  #ids = noIds();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#found = new FoundFiles(parts.state);
  }

  /** Writes when much has come together. */
  async add(changes: Partial<ListingChanges>): Promise<void> {
    for (const file of changes.found ?? []) this.#found.add(file);
    for (const kind of idKinds) this.#ids[kind].push(...(changes[kind] ?? []));
    const count = idKinds.reduce((sum, kind) => sum + this.#ids[kind].length, this.#found.length);
    if (count >= mostCollected) await this.write();
  }

  /** Writes all that was collected. */
  async write(): Promise<void> {
    const [found, ids] = [this.#found, this.#ids];
    this.#found = new FoundFiles(this.#parts.state);
    this.#ids = noIds();
    found.sort();
    for (let at = 0; at < found.length; ) {
      const slice = found.slice(at, at + this.#pace.rows);
      at += slice.length;
      await this.#apply(slice, noIds());
    }
    for (const kind of idKinds) ids[kind].sort((a, b) => a - b);
    for (;;) {
      const slice = firstOf(ids, this.#pace.rows);
      if (idKinds.every((kind) => slice[kind].length === 0)) return;
      await this.#apply([], slice);
    }
  }

  async #apply(found: readonly FoundFile[], ids: Readonly<Record<IdKind, readonly number[]>>): Promise<void> {
    const { clock, headBlock, held } = this.#parts;
    const rows = idKinds.reduce((sum, kind) => sum + ids[kind].length, found.length);
    this.#pace.took(rows, await held.apply({ found, ...ids }, { headBlock, nowMs: clock.nowMs() }, clock));
  }
}

function noIds(): Record<IdKind, number[]> {
  return { recovered: [], lost: [], seenAgain: [], handledOrders: [], closedOrders: [] };
}

/** Takes the first so many ids away, kind after kind. */
function firstOf(ids: Record<IdKind, number[]>, rows: number): Record<IdKind, number[]> {
  const slice = noIds();
  let left = rows;
  for (const kind of idKinds) {
    slice[kind] = ids[kind].splice(0, left);
    left -= slice[kind].length;
  }
  return slice;
}
