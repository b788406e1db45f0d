export interface Due {
  readonly dueMs: number;
  readonly sequence: number;
  readonly fire: () => void;
  isCancelled: boolean;
}

/** Who waits for a moment; the earliest first, and of equal ones who asked first. */
export class DueHeap {
  readonly #heap: Due[] = [];

  get waiting(): number {
    return this.#heap.filter(({ isCancelled }) => !isCancelled).length;
  }

  /** The first that still waits. */
  first(): Due | undefined {
    while (this.#heap[0]?.isCancelled === true) this.pop();
    return this.#heap[0];
  }

  push(entry: Due): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = last;
  }
}

export function isBefore(a: Due, b: Due): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}
