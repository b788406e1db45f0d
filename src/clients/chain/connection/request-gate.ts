import type { Priority } from '../ask.ts';

interface Waiting {
  readonly start: () => void;
}

/** Bounds the questions in flight to one node. Waiting urgent ones go before bulk ones; among equals the first come is first. */
export class RequestGate {
  readonly #limit: number;
  readonly #urgent = new Set<Waiting>();
  readonly #bulk = new Set<Waiting>();
  #inFlight = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run<T>(priority: Priority, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#inFlight >= this.#limit) await this.#turn(priority, signal);
    else this.#inFlight += 1;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #turn(priority: Priority, signal: AbortSignal): Promise<void> {
    const line = priority === 'urgent' ? this.#urgent : this.#bulk;
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        line.delete(waiting);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        start: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      line.add(waiting);
    });
  }

  /** The place is handed on, not freed: a newcomer must not overtake who waits. */
  #leave(): void {
    const line = this.#urgent.size > 0 ? this.#urgent : this.#bulk;
    const [next] = line;
    if (next === undefined) {
      this.#inFlight -= 1;
      return;
    }
    line.delete(next);
    next.start();
  }
}
