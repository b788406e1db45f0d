import { MINUTE_BLOCKS } from '../domain/units.ts';

/** What lies between two looks when sWorker or the bot starts again is shorter. */
const PAUSE_BLOCKS = 30 * MINUTE_BLOCKS;

/**
 * Since which block this process has looked without a pause. Time in which nobody looked proves nothing of a file: the disk may have come back
 * in it. The head known at the first look may be from before an outage; the second look finds the jump then.
 */
export class UnbrokenLooks {
  #span: { readonly sinceBlock: number; readonly lastBlock: number } | undefined;

  /** A look at this head succeeded. @returns over how many blocks there was no pause */
  add(headBlock: number): number {
    const span = this.#span;
    // A head that falls so far was not the chain's: what was counted by it is not believed either.
    const isBroken = span === undefined || Math.abs(headBlock - span.lastBlock) > PAUSE_BLOCKS;
    const sinceBlock = isBroken ? headBlock : span.sinceBlock;
    this.#span = { sinceBlock, lastBlock: headBlock };
    return headBlock - sinceBlock;
  }
}
