import type { ChainModel } from './model.ts';

/** After a suspension the missing blocks come in portions, so that whoever watches can follow. */
const MAX_BLOCKS_A_TICK = 50;

/**
 * Makes blocks in real time, for people who watch and for bots in processes of their own; simulations call the model themselves.
 * A block is made when its own timestamp has come, so the chain's time never drifts from the clock's.
 */
export class BlockClock {
  readonly #chain: ChainModel;
  readonly #intervalMs: number;
  readonly #genesisMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** `intervalMs` and `genesisMs` are the chain's own block time and time of block 0. */
  constructor(chain: ChainModel, options: { readonly intervalMs: number; readonly genesisMs: number }) {
    this.#chain = chain;
    this.#intervalMs = options.intervalMs;
    this.#genesisMs = options.genesisMs;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), this.#intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const due = Math.floor((Date.now() - this.#genesisMs) / this.#intervalMs);
    const missing = Math.min(MAX_BLOCKS_A_TICK, due - this.#chain.head.number);
    if (missing > 0) this.#chain.advance(missing);
  }
}
