import type { Order } from '../../domain/order.ts';
import type { OrderClass } from '../../domain/statuses.ts';
import type { Candidates } from '../../store/candidates.ts';
import type { Kind } from '../rules/slots.ts';

interface Page {
  readonly orders: Order[];
  /** Fewer came than were asked for: there is nothing behind them. */
  readonly isLast: boolean;
}

/** The heads of the queue's parts, read a page at a time. Orders that were tried do not come again. */
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
    return (await this.#page(orderClass, kind))[0];
  }

  /** The best of a part that were not tried yet, at most as many as a page has. */
  async next(orderClass: OrderClass, kind: Kind, most: number): Promise<readonly Order[]> {
    const left = (await this.#page(orderClass, kind, most)).filter(({ id }) => !this.#tried.has(id));
    return left.slice(0, most);
  }

  /** Something was queued: what was read may not be the best any more. */
  renew(): void {
    this.#pages.clear();
  }

  /** What is left of the part's page, beginning with an order that was not tried, as many as `least` if the part has them. */
  async #page(orderClass: OrderClass, kind: Kind, least = 1): Promise<readonly Order[]> {
    const part = `${orderClass} ${kind}`;
    for (;;) {
      const page = this.#pages.get(part);
      while (page?.orders[0] !== undefined && this.#tried.has(page.orders[0].id)) page.orders.shift();
      const enough = Math.min(least, this.#pageSize);
      const left = page?.orders.filter(({ id }) => !this.#tried.has(id)).length ?? 0;
      if (page !== undefined && (page.isLast || left >= enough)) return page.orders;
      const queue = { orderClass, large: kind === 'large' };
      const orders = await this.#candidates.listBest(queue, [...this.#tried], this.#pageSize);
      this.#pages.set(part, { orders: [...orders], isLast: orders.length < this.#pageSize });
    }
  }
}
