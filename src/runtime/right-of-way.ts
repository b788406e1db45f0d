import type { Clock } from './clock.ts';

/** What can wait for a moment, such as a socket that brings megabytes. */
export interface Yielding {
  pause(): void;
  resume(): void;
}

/** After so long whatever waits goes on, urgent work or not. */
const mostHeldMs = 50;
const restMs = 50;

/**
 * Lets urgent work go before large streams of the same process. Each of its steps waits for a turn of the event loop, and a turn in which megabytes
 * are read and taken apart lasts some milliseconds: a claim of ten steps would wait longer for turns than for its own work.
 */
export class RightOfWay {
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #yielding = new Set<Yielding>();
  #urgent = 0;
  /** Ends the wait for the longest hold; there while something is held. */
  #hold: AbortController | undefined;
  #rests = false;

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock;
  }

  /** Returns how to leave again. */
  add(one: Yielding): () => void {
    this.#yielding.add(one);
    if (this.#hold !== undefined) one.pause();
    return () => void this.#yielding.delete(one);
  }

  /** Holds all that yields while `work` is under way. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#urgent += 1;
    this.#begin();
    try {
      return await work();
    } finally {
      this.#urgent -= 1;
      // The next piece of the same work may follow at once: going on in between would cost it a whole turn.
      if (this.#urgent === 0) setImmediate(() => this.#urgent === 0 && this.#end());
    }
  }

  #begin(): void {
    if (this.#hold !== undefined || this.#rests || this.#yielding.size === 0) return;
    const hold = new AbortController();
    this.#hold = hold;
    for (const one of this.#yielding) one.pause();
    this.#clock.sleep(mostHeldMs, hold.signal).then(
      async () => await this.#rest(),
      () => undefined,
    );
  }

  #end(): void {
    if (this.#hold === undefined) return;
    this.#hold.abort();
    this.#hold = undefined;
    for (const one of this.#yielding) one.resume();
  }

  async #rest(): Promise<void> {
    this.#rests = true;
    this.#end();
    await this.#clock.sleep(restMs, new AbortController().signal);
    this.#rests = false;
    if (this.#urgent > 0) this.#begin();
  }
}
