import type { FinalizedReads } from '../clients/chain/orders/finalized-reads.ts';
import type { OrderKey, OrderRead } from '../domain/order.ts';
import type { OrderIngest } from '../store/order-ingest.ts';

interface OrderReadingsParts {
  readonly reads: Pick<FinalizedReads, 'read'>;
  readonly ingest: Pick<OrderIngest, 'ingest'>;
}

/** Reads single orders anew, for whoever must not act on what was read some time ago. */
export class OrderReadings {
  readonly #parts: OrderReadingsParts;

  constructor(parts: OrderReadingsParts) {
    this.#parts = parts;
  }

  /** One read a key, in the keys' order, at the newest finalized block. @throws every outage of the chain */
  async readOrders(keys: readonly OrderKey[], signal: AbortSignal): Promise<readonly OrderRead[]> {
    const { reads } = await this.#parts.reads.read(keys, {}, signal);
    return reads;
  }

  /** Brings reads into the tables; newer ones win. */
  async ingestReads(reads: readonly OrderRead[]): Promise<void> {
    await this.#parts.ingest.ingest(reads, { priority: 'event' });
  }

  async readAgain(orders: readonly { readonly key: OrderKey }[], signal: AbortSignal): Promise<readonly OrderRead[]> {
    const keys = orders.map((order) => order.key);
    const reads = await this.readOrders(keys, signal);
    await this.ingestReads(reads);
    return reads;
  }
}
