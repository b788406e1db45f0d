import type { Task } from '../../src/runtime/task.ts';
import { type ManualClock, settle } from './manual-clock.ts';

/** A task on the manual clock. */
export class RunningTask {
  readonly #clock: ManualClock;
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;
  #failure: { readonly reason: unknown } | undefined;
  #isOver = false;

  constructor(task: Task, clock: ManualClock) {
    this.#clock = clock;
    this.#ended = this.#follow(task);
  }

  async #follow(task: Task): Promise<void> {
    try {
      await task.run(this.#abort.signal);
    } catch (error) {
      this.#failure = { reason: error };
    }
    this.#isOver = true;
  }

  /** Resolves when the task sleeps until its next round; rejects as it did. */
  async resting(): Promise<void> {
    while (this.#clock.sleeping === 0 && !this.#isOver) await settle();
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  /** Moves the clock on and waits for the round that begins within. */
  async after(durationMs: number): Promise<void> {
    await this.#clock.advance(durationMs);
    await this.resting();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#ended;
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}
