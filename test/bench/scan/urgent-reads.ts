import { setTimeout as delay } from 'node:timers/promises';
import type { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import type { GroupView } from '../../../src/clients/chain/orders/order-reader.ts';
import { isAbort } from '../../../src/domain/errors.ts';

const EVERY_MS = 10;

/** What a read before a pull waits while something else is going on. */
export interface UrgentReads {
  /** Ends the reading; the time each one took, ms. */
  stop(): Promise<readonly number[]>;
}

/** Reads one order again and again, one read behind the other as the pull task does, ahead of all that is not urgent. */
export async function urgentReads(chain: ChainClient, view: GroupView): Promise<UrgentReads> {
  const control = new AbortController();
  const ask = { signal: control.signal };
  const { value: at } = await chain.blocks.finalizedHead(ask);
  const [key] = (await chain.orders.keysPage({ at, afterStorageKey: null, limit: 1 }, ask)).value;
  if (key === undefined) throw new Error('the chain has no order to read');
  const waits: number[] = [];
  const reading = (async (): Promise<void> => {
    while (!control.signal.aborted) {
      const startedMs = performance.now();
      await chain.orders.readOrders([key], at, view, ask);
      waits.push(performance.now() - startedMs);
      await delay(EVERY_MS, undefined, ask);
    }
  })().catch((error: unknown) => {
    if (!control.signal.aborted || !isAbort(error)) throw error;
  });
  return {
    stop: async () => {
      control.abort();
      await reading;
      return waits;
    },
  };
}
