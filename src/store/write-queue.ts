/** Who goes first when several wait to write: a claim before an event's rows before a slice of a bulk job. */
const writePriorities = { claim: 0, event: 1, bulk: 2 } as const;
export type WritePriority = keyof typeof writePriorities;

interface Waiter {
  readonly rank: number;
  readonly order: number;
  readonly start: () => void;
}

/** One lock in front of the one writing connection, given to the most urgent waiter, then to the oldest. */
export class WriteQueue {
  #busy = false;
  #count = 0;
  readonly #waiters: Waiter[] = [];

  async run<T>(priority: WritePriority, work: () => Promise<T>): Promise<T> {
    if (this.#busy) {
      await new Promise<void>((resolve) => {
        this.#waiters.push({ rank: writePriorities[priority], order: this.#count++, start: resolve });
      });
    }
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #next(): void {
    let best: Waiter | undefined;
    for (const waiter of this.#waiters) {
      if (best === undefined || waiter.rank < best.rank || (waiter.rank === best.rank && waiter.order < best.order))
        best = waiter;
    }
    if (best === undefined) {
      this.#busy = false;
      return;
    }
    this.#waiters.splice(this.#waiters.indexOf(best), 1);
    best.start();
  }
}
