import { parseStorageKey } from '../../clients/chain/keys/order-key.ts';
import { SECOND_MS } from '../../domain/units.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Tx } from '../../store/database.ts';
import type { Facts } from '../../store/facts.ts';
import type { Walk, WalkStep } from '../../store/walks.ts';

const positions = 2 ** 48;

/**
 * Notes how far this run of a walk has come, at most once a second: a walk that goes on after a stop is not as slow as the time since its beginning
 * would have it.
 */
export class RunProgress {
  readonly #facts: Facts;
  readonly #clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly #start: {
    readonly walkId: number;
    readonly sinceMs: number;
    readonly fromOrders: number;
    readonly fromShare: number;
  };
  #orders: number;
  #notedMs: number;

  constructor(parts: { readonly facts: Facts; readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'> }, walk: Walk) {
    this.#facts = parts.facts;
    this.#clock = parts.clock;
    this.#orders = walk.orders;
    this.#notedMs = parts.clock.monotonicMs();
    this.#start = {
      walkId: walk.id,
      sinceMs: parts.clock.nowMs(),
      fromOrders: walk.orders,
      fromShare: shareOf(walk.cursor),
    };
  }

  /** Belongs into the transaction of the step. */
  async note(tx: Tx, step: WalkStep): Promise<void> {
    this.#orders += step.orders;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#notedMs < SECOND_MS) return;
    this.#notedMs = nowMs;
    await this.#facts.set(tx, 'walk-run', {
      ...this.#start,
      atMs: this.#clock.nowMs(),
      orders: this.#orders,
      share: shareOf(step.toCursor),
    });
  }
}

/** The share of the map up to a key: keys are spread evenly. */
function shareOf(cursor: string | null): number {
  return cursor === null ? 0 : parseStorageKey(cursor).position / positions;
}
