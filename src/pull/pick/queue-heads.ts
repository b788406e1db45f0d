import type { Order } from '../../domain/order.ts';
import type { OrderClass } from '../../domain/statuses.ts';
import type { Candidates } from '../../store/candidates.ts';
import type { Kind } from '../rules/slots.ts';

interface Page {
  readonly orders: Order[];
  /** Fewer came than were asked for: there is nothing behind them. */
  readonly isLast: boolean;
}

/** The heads of the queue's parts, read a page at a time for one batch of choices. Orders that were tried do not come again. */
export class QueueHeads {
  readonly #candidates: Candidates;
  readonly #tried: ReadonlySet<number>;
  readonly #pageSize: number;
  readonly #pages = new Map<string, Page>();

  constructor(candidates: Candidates, tried: ReadonlySet<number>, pageSize: number) {
    this.#candidates = candidates;
    this.#tried = tried;
    this.#pageSize = pageSize;
  }

  /** The best order of a part that was not tried yet. */
  async first(orderClass: OrderClass, kind: Kind): Promise<Order | undefined> {
    const part = `${orderClass} ${kind}`;
    for (;;) {
      const page = this.#pages.get(part);
      while (page?.orders[0] !== undefined && this.#tried.has(page.orders[0].id)) page.orders.shift();
      if (page !== undefined && (page.isLast || page.orders.length > 0)) return page.orders[0];
      const queue = { orderClass, large: kind === 'large' };
      const orders = await this.#candidates.listBest(queue, [...this.#tried], this.#pageSize);
      this.#pages.set(part, { orders: [...orders], isLast: orders.length < this.#pageSize });
    }
  }
}
