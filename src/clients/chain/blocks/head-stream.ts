import { headerSchema, checked } from '../connection/answers.ts';
import type { Ask } from '../ask.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import { unlessAborted } from '../connection/signals.ts';
import type { Clock } from '../../../runtime/clock.ts';

const subscription = {
  method: 'chain_subscribeFinalizedHeads',
  unsubscribe: 'chain_unsubscribeFinalizedHeads',
  params: [],
} as const;

/** The newest finalized number of one end point; numbers that nobody waited for are replaced by newer ones. */
export class HeadStream {
  readonly #connection: ChainConnection;
  readonly #clock: Clock;
  readonly #silenceMs: number;
  #newest: number | undefined;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(connection: ChainConnection, clock: Clock, silenceMs: number) {
    this.#connection = connection;
    this.#clock = clock;
    this.#silenceMs = silenceMs;
  }

  async open(ask: Ask): Promise<void> {
    this.#unsubscribe = await this.#connection.subscribe(
      subscription,
      { onItem: (item) => this.#onItem(item), onLost: (error) => this.#fail(error) },
      ask,
    );
  }

  /** The next number, or undefined when none came for the time of silence. Rejects when the end point was lost or answered in a wrong shape. */
  async next(signal: AbortSignal): Promise<number | undefined> {
    if (this.#newest === undefined && this.#failure === undefined) await this.#arrival(signal);
    if (this.#failure !== undefined) throw this.#failure;
    const number = this.#newest;
    this.#newest = undefined;
    return number;
  }

  close(): void {
    this.#unsubscribe?.();
  }

  async #arrival(signal: AbortSignal): Promise<void> {
    const silence = new AbortController();
    const arrived = new Promise<void>((resolve) => (this.#wake = resolve));
    const slept = this.#clock.sleep(this.#silenceMs, silence.signal).catch((error: unknown) => {
      if (!silence.signal.aborted) throw error;
    });
    try {
      await unlessAborted(Promise.race([arrived, slept]), signal);
    } finally {
      this.#wake = undefined;
      silence.abort();
    }
  }

  #onItem(item: unknown): void {
    try {
      const { number } = checked(headerSchema, this.#connection.name, subscription.method, item);
      this.#connection.sawFinalized(number);
      this.#newest = Math.max(number, this.#newest ?? 0);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#wake?.();
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#wake?.();
  }
}
