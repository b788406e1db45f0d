import type { Account } from '../domain/account.ts';
import type { Ask } from '../clients/chain/ask.ts';
import type { OrderKey, OrderRead } from '../domain/order.ts';
import type { Facts } from '../store/facts.ts';
import type { OrderIngest } from '../store/order-ingest.ts';
import type { Chain } from './ports.ts';
import { syncedHead } from './synced-head.ts';

interface OrderReadingsParts {
  readonly chain: Chain;
  readonly facts: Facts;
  readonly ingest: OrderIngest;
  readonly account: Account;
}

/** Reads single orders anew, for whoever must not act on what was read some time ago. */
export class OrderReadings {
  readonly #parts: OrderReadingsParts;

  constructor(parts: OrderReadingsParts) {
    this.#parts = parts;
  }

  /**
   * Reads at the newest finalized block of an end point that is not syncing; one read a key, in the keys' order.
   * @throws SmError CHAIN_SYNCING and every other outage of the chain
   */
  async readOrders(keys: readonly OrderKey[], signal: AbortSignal): Promise<readonly OrderRead[]> {
    const { chain, facts, account } = this.#parts;
    const ask: Ask = { signal };
    const head = await syncedHead(chain, ask);
    const group = await facts.find('group');
    const view = { owner: group?.owner ?? null, account };
    const { value } = await chain.orders.readOrders(keys, head.value, view, { ...ask, only: head.endPoint });
    return value;
  }

  /** Brings reads into the tables; newer ones win. */
  async ingestReads(reads: readonly OrderRead[]): Promise<void> {
    await this.#parts.ingest.ingest(reads, { priority: 'event' });
  }

  async readAgain(orders: readonly { readonly key: OrderKey }[], signal: AbortSignal): Promise<readonly OrderRead[]> {
    const reads = await this.readOrders(
      orders.map((order) => order.key),
      signal,
    );
    await this.ingestReads(reads);
    return reads;
  }
}
