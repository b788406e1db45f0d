import type { Clock } from '../../runtime/clock.ts';

/** Why a call was given up: the other side was waited for longer than the call may wait. */
export class TimeLimitReached extends Error {
  override readonly name = 'TimeLimitReached';
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`no complete answer within ${String(limitMs / 1000)} s`);
    this.limitMs = limitMs;
  }
}

// Made once: an abort without a reason makes an exception with a stack each time, and most calls end well within their limit.
const ended = new Error('the work has ended');

/**
 * Limits how long one call waits for the other side. Only the time inside `during` counts, so a reader that takes its time between two chunks
 * of a stream does not use the limit up, and a side that drips bytes does.
 */
export class TimeLimit {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #onOuterAbort: () => void;
  #remainingMs: number;

  constructor(clock: Clock, limitMs: number, signal: AbortSignal) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#remainingMs = limitMs;
    this.#outer = signal;
    this.#onOuterAbort = () => {
      this.#controller.abort(signal.reason);
    };
    if (signal.aborted) this.#onOuterAbort();
    else signal.addEventListener('abort', this.#onOuterAbort, { once: true });
  }

  /** Aborted by the caller's signal or by the limit; hand it to the request. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get reached(): TimeLimitReached | undefined {
    const reason: unknown = this.#controller.signal.reason;
    return reason instanceof TimeLimitReached ? reason : undefined;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (!Number.isFinite(this.#limitMs)) return work();
    const startMs = this.#clock.monotonicMs();
    const waiting = new AbortController();
    void this.#expire(waiting.signal);
    try {
      return await work();
    } finally {
      waiting.abort(ended);
      this.#remainingMs -= this.#clock.monotonicMs() - startMs;
    }
  }

  /** Lets go of the caller's signal. */
  release(): void {
    this.#outer.removeEventListener('abort', this.#onOuterAbort);
  }

  async #expire(waiting: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(Math.max(0, this.#remainingMs), waiting);
    } catch {
      // The work ended first: the sleep was aborted by `waiting`, the only thing it can reject with.
      return;
    }
    this.#controller.abort(new TimeLimitReached(this.#limitMs));
  }
}
