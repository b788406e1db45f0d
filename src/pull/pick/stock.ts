import type { Order } from '../../domain/order.ts';
import { SECOND_MS } from '../../domain/units.ts';

/** An order that may be pulled, as far as chain, rules, sWorker and its own history say. */
export interface ReadyOrder {
  /** As it stood when it was asked about. */
  readonly row: Order;
  /** Whether the pin stood before our first pull; null while only the pull itself can tell. */
  readonly pinnedBefore: boolean | null;
  /** Monotonic moment at which its questions began. */
  readonly sinceMs: number;
}

/** What was found out about an order holds for so long; then it is asked about again. */
const LASTS_MS = 3 * SECOND_MS;

/** Whether what was asked about from the moment `sinceMs` on still holds. */
export function isFresh(sinceMs: number, nowMs: number): boolean {
  return nowMs - sinceMs < LASTS_MS;
}

/** Orders that were asked about ahead of the slot that they will get. */
export class Stock {
  readonly #ready = new Map<number, ReadyOrder>();

  put(orders: readonly ReadyOrder[]): void {
    for (const order of orders) this.#ready.set(order.row.id, order);
  }

  has(orderId: number, nowMs: number): boolean {
    const ready = this.#ready.get(orderId);
    return ready !== undefined && isFresh(ready.sinceMs, nowMs);
  }

  /** Takes an order out; undefined when it is not there, or too old. */
  take(orderId: number, nowMs: number): ReadyOrder | undefined {
    const ready = this.has(orderId, nowMs) ? this.#ready.get(orderId) : undefined;
    this.#ready.delete(orderId);
    return ready;
  }

  /** Orders that are still fresh; the others are forgotten. */
  count(nowMs: number): number {
    for (const orderId of this.#ready.keys()) if (!this.has(orderId, nowMs)) this.#ready.delete(orderId);
    return this.#ready.size;
  }
}
