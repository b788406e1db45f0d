import type { Order } from '../../domain/order.ts';
import { isOutage } from '../../domain/errors.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import { Pace } from '../rules/pace.ts';
import type { Chooser, Round } from './chooser.ts';
import type { OrderLook } from './order-look.ts';
import { Stock, type ReadyOrder } from './stock.ts';

interface ReadAheadParts extends LoopParts {
  readonly chooser: Chooser;
  readonly look: OrderLook;
}

/** Asks about the next orders while pulls run, so that a freed slot is filled without a question. How many hangs on how fast slots are freed. */
export class ReadAhead {
  readonly #parts: ReadAheadParts;
  readonly #stock = new Stock();
  readonly #pace = new Pace();
  #asking: { readonly orderIds: ReadonlySet<number>; readonly done: Promise<void> } | undefined;
  #failure: unknown;

  constructor(parts: ReadAheadParts) {
    this.#parts = parts;
  }

  /** A slot was freed by a pull that went well. */
  noteEnd(): void {
    this.#pace.noteEnd(this.#nowMs());
  }

  /** Orders that are worth claiming ahead of their slots. */
  claimsWorth(): number {
    return this.#pace.claims(this.#nowMs());
  }

  /** Whether the order was asked about and may be pulled. */
  knows(orderId: number): boolean {
    return this.#stock.has(orderId, this.#nowMs());
  }

  /** What is known of the orders, from now on nowhere else; one that is being asked about is waited for. */
  async take(orders: readonly Order[]): Promise<ReadonlyMap<number, ReadyOrder>> {
    if (orders.some(({ id }) => this.#asking?.orderIds.has(id) === true)) await this.#asking?.done;
    const known = new Map<number, ReadyOrder>();
    for (const { id } of orders) {
      const ready = this.#stock.take(id, this.#nowMs());
      if (ready !== undefined) known.set(id, ready);
    }
    return known;
  }

  /** Begins to ask about the next orders when fewer than half of those worth having are known. */
  async begin(round: Round, signal: AbortSignal): Promise<void> {
    const nowMs = this.#nowMs();
    const wanted = this.#pace.ahead(nowMs);
    if (this.#asking !== undefined || 2 * this.#stock.count(nowMs) >= wanted) return;
    const upcoming = await this.#parts.chooser.upcoming(round, wanted);
    const orders = upcoming.filter(({ id }) => !this.#stock.has(id, nowMs));
    if (orders.length === 0) return;
    const done = this.#ask(orders, round, signal).finally(() => {
      this.#asking = undefined;
    });
    this.#asking = { orderIds: new Set(orders.map(({ id }) => id)), done };
  }

  /** @throws a defect that was met while asking; outages are met again by whoever needs the answer */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when nothing is being asked. */
  async settled(): Promise<void> {
    await this.#asking?.done;
  }

  async #ask(orders: readonly Order[], round: Round, signal: AbortSignal): Promise<void> {
    try {
      const { ready, error } = await this.#parts.look.look(orders, round, signal);
      this.#stock.put(ready);
      if (error !== undefined) throw error;
    } catch (error) {
      if (!isOutage(error) && !signal.aborted) this.#failure = error;
    }
  }

  #nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }
}
