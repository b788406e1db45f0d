import type { Clock } from '../../../src/runtime/clock.ts';

/** The real time, but a sleep ends when it is told to, and as much time has gone by then as was slept. */
export class RoundClock implements Clock {
  #aheadMs = 0;
  #wake: (() => void) | undefined;
  #rest: (() => void) | undefined;

  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now() + this.#aheadMs;
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      this.#wake = resolve;
      this.#rest?.();
    });
    this.#aheadMs += durationMs;
  }

  /** Resolves when the sleeper has slept, worked and sleeps again; `aheadMs` goes by before. */
  async nextRound(aheadMs: number): Promise<void> {
    this.#aheadMs += aheadMs;
    const resting = this.resting();
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
    await resting;
  }

  /** Resolves at the next sleep; to be called before it begins. */
  async resting(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#rest = resolve;
    });
  }
}
