import type { Clock } from './clock.ts';

/** A pause that can be cut short. A call between two pauses cuts the next one. */
export class WakeUp {
  readonly #clock: Clock;
  #called = false;
  #pause: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  call(): void {
    this.#called = true;
    this.#pause?.abort();
  }

  /** Waits until called or `atMostMs` have passed; rejects with the signal's reason when it is aborted. */
  async wait(atMostMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#called) {
      const pause = new AbortController();
      const stop = (): void => pause.abort();
      signal.addEventListener('abort', stop, { once: true });
      this.#pause = pause;
      try {
        await this.#clock.sleep(atMostMs, pause.signal);
      } catch (error) {
        if (!pause.signal.aborted) throw error;
      } finally {
        signal.removeEventListener('abort', stop);
        this.#pause = undefined;
      }
    }
    this.#called = false;
    signal.throwIfAborted();
  }
}
