import type { Clock } from '../../../src/runtime/clock.ts';
import { DueHeap, isBefore } from './due-heap.ts';
import type { Life } from './life.ts';

/** Time of a simulated world: whoever waits is woken one by one, in the order of the due times, and of the asking among equal ones. */
export class SimClock implements Clock {
  readonly #world = new DueHeap();
  readonly #lives = new DueHeap();
  #wallMs: number;
  #monotonicMs = 0;
  #sequence = 0;

  constructor(startMs: number) {
    this.#wallMs = startMs;
  }

  /** How many sleeps of processes are under way. */
  get sleeping(): number {
    return this.#lives.waiting;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    await this.#sleep(this.#world, durationMs, signal, () => true);
  }

  /** Calls `fire` when that long has passed. Returns how to cancel it. */
  after(durationMs: number, fire: () => void): () => void {
    return this.#add(this.#world, durationMs, fire);
  }

  /** Steps the wall clock alone, as an operator or NTP would. */
  stepWall(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** Moves to the next moment at which somebody is woken, if that is at most `untilMs` by the monotonic time, and wakes one. */
  wakeNext(untilMs: number): boolean {
    const [world, lives] = [this.#world.first(), this.#lives.first()];
    const isWorlds = world !== undefined && (lives === undefined || isBefore(world, lives));
    return this.#wake(isWorlds ? this.#world : this.#lives, untilMs);
  }

  /** As `wakeNext`, but the sleepers of processes go on sleeping: their timers come late, as on a machine that stood still. */
  wakeWorld(untilMs: number): boolean {
    return this.#wake(this.#world, untilMs);
  }

  /** The clock as one process sees it: its sleeps are steps of its life, and end with it. */
  of(life: Life): Clock {
    return {
      nowMs: () => this.#wallMs,
      monotonicMs: () => this.#monotonicMs,
      sleep: async (durationMs, signal) => await this.#sleep(this.#lives, durationMs, signal, () => life.step()),
    };
  }

  async #sleep(heap: DueHeap, durationMs: number, signal: AbortSignal, mayWake: () => boolean): Promise<void> {
    signal.throwIfAborted();
    if (durationMs === Infinity) return await untilAborted(signal);
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#add(heap, durationMs, () => {
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

  #add(heap: DueHeap, durationMs: number, fire: () => void): () => void {
    const dueMs = this.#monotonicMs + Math.max(0, durationMs);
    const due = { dueMs, sequence: this.#sequence++, fire, isCancelled: false };
    heap.push(due);
    return () => {
      due.isCancelled = true;
    };
  }

  #wake(heap: DueHeap, untilMs: number): boolean {
    const next = heap.first();
    if (next === undefined || next.dueMs > untilMs) {
      this.#moveTo(untilMs);
      return false;
    }
    heap.pop();
    this.#moveTo(next.dueMs);
    next.fire();
    return true;
  }
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  return await new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
