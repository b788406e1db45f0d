import type { EventProgress } from '../../domain/facts.ts';
import { SECOND_MS } from '../../domain/units.ts';
import type { Clock } from '../../runtime/clock.ts';

/** Fewer blocks behind are no catch-up: heads come in bursts. */
const worthTelling = 30;
const tellEveryMs = 3 * SECOND_MS;

interface Told {
  readonly block: number;
  readonly atMs: number;
}

/** What is told of a catch-up: how far it is and how fast, every few seconds. */
export class CatchUpProgress {
  readonly #clock: Clock;
  #last: Told | undefined;
  /** Of the process before this one, nobody knows. */
  #mayStand = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What the fact is to say once `atBlock` is written; null when it is to go, undefined when it may stay as it is. */
  after(fromBlock: number, atBlock: number, headBlock: number): EventProgress | null | undefined {
    if (headBlock - atBlock <= worthTelling) {
      this.#last = undefined;
      if (!this.#mayStand) return undefined;
      this.#mayStand = false;
      return null;
    }
    const nowMs = this.#clock.monotonicMs();
    if (this.#last === undefined) {
      this.#last = { block: fromBlock, atMs: nowMs };
      return undefined;
    }
    const tookMs = nowMs - this.#last.atMs;
    if (tookMs < tellEveryMs) return undefined;
    const blocksPerSecond = ((atBlock - this.#last.block) * SECOND_MS) / tookMs;
    this.#last = { block: atBlock, atMs: nowMs };
    this.#mayStand = true;
    return { atBlock, headBlock, blocksPerSecond, atMs: this.#clock.nowMs() };
  }
}
