import type { Answer, BlockRef } from '../clients/chain/ask.ts';
import { MINUTE_MS } from '../domain/units.ts';
import type { LoopParts } from '../runtime/loop.ts';

const condition = 'chain-finality';
/** Blocks become final some seconds after they are made. */
const patienceMs = 10 * MINUTE_MS;

interface Newest {
  readonly number: number;
  readonly sinceMs: number;
}

/**
 * Sees when no further block becomes final. The bot knows finalized blocks only: it goes on with the newest of them, and neither orders nor closes of
 * later ones exist for it. That is a wait, and pulls go on.
 */
export class FinalityWatch {
  readonly #parts: LoopParts;
  #newest: Newest | undefined;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  /** Notes a finalized head that was seen; whether none newer than it has been seen for long. */
  standsStill({ value: { number }, endPoint }: Answer<BlockRef>): boolean {
    const { clock, conditions, logger } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (this.#newest === undefined || number > this.#newest.number) {
      this.#newest = { number, sinceMs: nowMs };
      if (conditions.clear(condition)) logger.info('Blocks become final again', { endPoint, block: number });
      return false;
    }
    const minutes = Math.floor((nowMs - this.#newest.sinceMs) / MINUTE_MS);
    if (nowMs - this.#newest.sinceMs < patienceMs) return false;
    const message = `${endPoint} has finalized no block after ${this.#newest.number} for ${minutes} minutes: new orders and closes are not seen`;
    const isNew = conditions.raise(condition, { kind: 'wait', part: 'chain', message, blocksReady: false });
    if (isNew) logger.warn('No further block becomes final', { endPoint, block: this.#newest.number, minutes });
    return true;
  }
}
