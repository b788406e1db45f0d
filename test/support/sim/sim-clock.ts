import type { Clock } from '../../../src/runtime/clock.ts';
import type { Life } from './life.ts';

interface Entry {
  readonly dueMs: number;
  readonly sequence: number;
  readonly fire: () => void;
  isCancelled: boolean;
}

/** Time of a simulated world: whoever waits is woken one by one, in the order of the due times, and of the asking among equal ones. */
export class SimClock implements Clock {
  readonly #heap: Entry[] = [];
  #wallMs: number;
  #monotonicMs = 0;
  #sequence = 0;

  constructor(startMs: number) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    await this.#sleep(durationMs, signal, () => true);
  }

  /** Calls `fire` when that long has passed. Returns how to cancel it. */
  after(durationMs: number, fire: () => void): () => void {
    const entry: Entry = {
      dueMs: this.#monotonicMs + Math.max(0, durationMs),
      sequence: this.#sequence++,
      fire,
      isCancelled: false,
    };
    this.#push(entry);
    return () => {
      entry.isCancelled = true;
    };
  }

  /** Moves to the next moment at which somebody is woken, if that is at most `untilMs` by the monotonic time, and wakes one. */
  wakeNext(untilMs: number): boolean {
    for (let next = this.#heap[0]; next !== undefined; next = this.#heap[0]) {
      if (next.isCancelled) {
        this.#pop();
        continue;
      }
      if (next.dueMs > untilMs) break;
      this.#pop();
      this.#moveTo(next.dueMs);
      next.fire();
      return true;
    }
    this.#moveTo(untilMs);
    return false;
  }

  /** The clock as one process sees it: its sleeps are steps of its life, and end with it. */
  of(life: Life): Clock {
    return {
      nowMs: () => this.#wallMs,
      monotonicMs: () => this.#monotonicMs,
      sleep: async (durationMs, signal) => await this.#sleep(durationMs, signal, () => life.step()),
    };
  }

  async #sleep(durationMs: number, signal: AbortSignal, mayWake: () => boolean): Promise<void> {
    signal.throwIfAborted();
    if (durationMs === Infinity) return await untilAborted(signal);
    await new Promise<void>((resolve, reject) => {
      const cancel = this.after(durationMs, () => {
        signal.removeEventListener('abort', onAbort);
        if (mayWake()) resolve();
      });
      const onAbort = (): void => {
        cancel();
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #moveTo(monotonicMs: number): void {
    const byMs = Math.max(0, monotonicMs - this.#monotonicMs);
    this.#wallMs += byMs;
    this.#monotonicMs += byMs;
  }

  #push(entry: Entry): void {
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

  #pop(): void {
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

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  return await new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
