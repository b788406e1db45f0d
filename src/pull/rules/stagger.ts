import { MINUTE_BLOCKS } from '../../domain/units.ts';

/** Hands out the blocks at which pulls that ran in a crashed daemon start again: one a minute. */
export class Stagger {
  #nextBlock = 0;

  /** The block to wait for, null for at once. */
  next(headBlock: number): number | null {
    const atBlock = Math.max(this.#nextBlock, headBlock);
    this.#nextBlock = atBlock + MINUTE_BLOCKS;
    return atBlock === headBlock ? null : atBlock;
  }
}
