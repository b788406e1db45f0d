import type { OrderNext } from '../../domain/pull-ends.ts';
import { MINUTE_BLOCKS } from '../../domain/units.ts';
import { backOffBlocks } from '../rules/back-off.ts';
import type { Random } from '../rules/draw-source.ts';
import { Stagger } from '../rules/stagger.ts';

export const NO_SPACE_BLOCKS = 30 * MINUTE_BLOCKS;

/** Gives ended orders the block of their next look. */
export class LookAfter {
  readonly #random: Random;
  readonly #stagger = new Stagger();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Null for at once, or for none. */
  block(next: OrderNext, attempts: number, headBlock: number): number | null {
    switch (next.kind) {
      case 'attempt':
        return headBlock + backOffBlocks(attempts, this.#random);
      case 'retry':
        return next.afterBlocks === 0 ? null : headBlock + next.afterBlocks;
      case 'staggered':
        return this.#stagger.next(headBlock);
      case 'no-space':
        return headBlock + NO_SPACE_BLOCKS;
      case 'handled':
      case 'bad-size':
      case 'closed':
        break;
    }
    return null;
  }
}
