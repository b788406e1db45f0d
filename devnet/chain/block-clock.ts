import type { Clock } from '../../src/runtime/clock.ts';
import type { ChainModel } from './model.ts';

/** After a suspension the missing blocks come in portions, so that whoever watches can follow. */
const MAX_BLOCKS_A_TICK = 50;

interface BlockClockOptions {
  /** The chain's own block time and time of block 0. */
  readonly intervalMs: number;
  readonly genesisMs: number;
  /** Whose time the chain's is, and how fast it passes; the machine's without it. */
  readonly time?: Pick<Clock, 'nowMs'> & { readonly factor: number };
}

/**
 * Makes blocks in real time, for people who watch and for bots in processes of their own; simulations call the model themselves.
 * A block is made when its own timestamp has come, so the chain's time never drifts from the clock's.
 */
export class BlockClock {
  readonly #chain: ChainModel;
  readonly #options: BlockClockOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(chain: ChainModel, options: BlockClockOptions) {
    this.#chain = chain;
    this.#options = options;
  }

  start(): void {
    const { intervalMs, time } = this.#options;
    this.#timer ??= setInterval(() => this.#tick(), intervalMs / (time?.factor ?? 1));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const { intervalMs, genesisMs, time } = this.#options;
    const due = Math.floor(((time?.nowMs() ?? Date.now()) - genesisMs) / intervalMs);
    const missing = Math.min(MAX_BLOCKS_A_TICK, due - this.#chain.head.number);
    if (missing > 0) this.#chain.advance(missing);
  }
}
