import { BlockClock } from '../../../devnet/chain/block-clock.ts';
import type { ChainModel } from '../../../devnet/chain/model.ts';

/** Makes a manual world's blocks in real time, and many at once where the story needs hours. */
export class Pace {
  readonly #chain: ChainModel;
  readonly #intervalMs: number;
  #clock: BlockClock | undefined;

  constructor(chain: ChainModel, intervalMs: number) {
    this.#chain = chain;
    this.#intervalMs = intervalMs;
  }

  start(): void {
    const genesisMs = Date.now() - this.#chain.head.number * this.#intervalMs;
    this.#clock ??= new BlockClock(this.#chain, { intervalMs: this.#intervalMs, genesisMs });
    this.#clock.start();
  }

  stop(): void {
    this.#clock?.stop();
    this.#clock = undefined;
  }

  /** So many blocks now; afterwards one after the other again. */
  jump(blocks: number): void {
    this.stop();
    this.#chain.advance(blocks);
    this.start();
  }
}
