import { SECOND_MS } from '../../domain/units.ts';
import type { Clock } from '../../runtime/clock.ts';

/** Holds a walk to so many orders a second. Time in which it read less is not made up for, so that nothing bursts. */
export class Pace {
  readonly #clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly #msAnOrder: number;
  #freeAtMs = 0;

  /** @param maxOrdersPerSecond 0 for no limit */
  constructor(clock: Pick<Clock, 'monotonicMs' | 'sleep'>, maxOrdersPerSecond: number) {
    this.#clock = clock;
    this.#msAnOrder = maxOrdersPerSecond === 0 ? 0 : SECOND_MS / maxOrdersPerSecond;
  }

  /** Waits until `orders` more may be asked for. */
  async enter(orders: number, signal: AbortSignal): Promise<void> {
    if (this.#msAnOrder === 0) return;
    const nowMs = this.#clock.monotonicMs();
    const startMs = Math.max(nowMs, this.#freeAtMs);
    this.#freeAtMs = startMs + orders * this.#msAnOrder;
    if (startMs > nowMs) await this.#clock.sleep(startMs - nowMs, signal);
  }

  /** So many more orders came than were asked for; negative when fewer came. */
  correct(orders: number): void {
    this.#freeAtMs += orders * this.#msAnOrder;
  }
}
