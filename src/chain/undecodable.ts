import type { Ask, Priority } from '../clients/chain/ask.ts';
import { hasCode } from '../domain/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/units.ts';
import type { ConditionName } from '../runtime/conditions.ts';
import type { LoopParts } from '../runtime/loop.ts';
import type { Chain } from './ports.ts';

type GuardParts = LoopParts & { readonly chain: Pick<Chain, 'endPoints'> };

/**
 * What an indexer or a reader of facts does about a block or value that cannot be decoded: it stops there, says so once an hour and asks again every minute,
 * another end point first. It is a wait, so the process lives on and running pulls keep their sealed bytes. After an answer that cannot be true another
 * end point is asked first, too; that is an outage as any other.
 */
export class UndecodableGuard {
  readonly #parts: GuardParts;
  readonly #condition: ConditionName;
  #avoid: string | undefined;
  #saidMs: number | undefined;

  constructor(parts: GuardParts, condition: ConditionName) {
    this.#parts = parts;
    this.#condition = condition;
  }

  /** How to ask: not first the end point whose answer was of no use last. */
  ask(signal: AbortSignal, priority: Priority = 'urgent'): Ask {
    return this.#avoid === undefined ? { signal, priority } : { signal, priority, avoid: this.#avoid };
  }

  /** Runs `round`; when something could not be decoded, returns after how many milliseconds to ask again. */
  async run(round: () => Promise<number | void>): Promise<number | void> {
    try {
      const next = await round();
      this.#clear();
      return next;
    } catch (error) {
      if (!hasCode(error, 'CHAIN_UNDECODABLE', 'CHAIN_BAD_ANSWER')) throw error;
      this.#avoid = String(error.data['endPoint'] ?? '') || undefined;
      if (this.#avoid !== undefined) this.#parts.chain.endPoints.doubt(this.#avoid, error);
      if (!hasCode(error, 'CHAIN_UNDECODABLE')) throw error;
      const { logger, conditions, clock } = this.#parts;
      conditions.raise(this.#condition, { kind: 'wait', part: 'chain', message: error.message });
      const nowMs = clock.monotonicMs();
      if (this.#saidMs === undefined || nowMs - this.#saidMs >= HOUR_MS) {
        logger.error(
          'Cannot decode what the chain says: indexing stands still and nothing new is pulled',
          error.data,
          error,
        );
        this.#saidMs = nowMs;
      }
      return MINUTE_MS;
    }
  }

  /** What a round that takes long has read was of use: as if it had ended. */
  goesOn(): void {
    this.#clear();
  }

  #clear(): void {
    this.#avoid = undefined;
    this.#saidMs = undefined;
    if (this.#parts.conditions.clear(this.#condition)) this.#parts.logger.info('The chain can be decoded again');
  }
}
