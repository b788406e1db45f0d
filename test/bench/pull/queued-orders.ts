import type { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import type { FinalizedReads } from '../../../src/clients/chain/orders/finalized-reads.ts';
import type { DecideTask } from '../../../src/decide/decide-task.ts';
import type { Account } from '../../../src/domain/account.ts';
import { seenBy } from '../../../src/domain/order.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import type { Database } from '../../../src/store/database.ts';
import type { Facts } from '../../../src/store/facts.ts';
import type { OrderIngest } from '../../../src/store/order-ingest.ts';

interface QueueParts {
  readonly account: Account;
  readonly clock: Clock;
  readonly database: Database;
  readonly facts: Facts;
  readonly chain: ChainClient;
  readonly reads: FinalizedReads;
  readonly ingest: OrderIngest;
  readonly decide: DecideTask;
}

/** The facts a bot needs to decide, and every order of the chain read and decided as the bot's own rooms do it. */
export async function queueOrders(parts: QueueParts, expected: number, signal: AbortSignal): Promise<void> {
  const { account, clock, database, facts, chain, reads, ingest, decide } = parts;
  const { value: head } = await chain.blocks.finalizedHead({ signal });
  const dated = { atBlock: head.number, atMs: clock.nowMs() };
  await database.write('event', async (tx) => {
    await facts.set(tx, 'chain-time', { ...dated, blockTimestampMs: dated.atMs, specVersion: 25 });
    const { address } = account;
    await facts.set(tx, 'group', { ...dated, owner: address, members: [address], ownIndex: 0, trouble: null });
    await facts.set(tx, 'active-nodes', { ...dated, count: 100 });
  });
  let afterStorageKey: string | null = null;
  for (;;) {
    const page = { at: head, afterStorageKey, limit: 1000 };
    const { value: keys }: Awaited<ReturnType<typeof chain.orders.keysPage>> = await chain.orders.keysPage(page, {
      signal,
    });
    const last = keys.at(-1);
    if (last === undefined) break;
    afterStorageKey = last.storageKey;
    await ingest.ingest((await reads.read(keys, {}, signal)).reads, { seen: seenBy.event });
  }
  await decide.round(signal);
  const queued = await countOf(database, 'file_record', 'queued');
  if (queued !== expected) throw new Error(`${queued} orders are queued, ${expected} should be`);
}

export async function assertHandled(database: Database, expected: number): Promise<void> {
  const handled = await countOf(database, 'file_record', 'handled');
  const sealed = await countOf(database, 'pin_record', 'sealed');
  if (handled !== expected || sealed !== expected)
    throw new Error(`${handled} orders handled and ${sealed} records sealed, ${expected} should be`);
}

async function countOf(database: Database, table: 'file_record' | 'pin_record', status: string): Promise<number> {
  return await database.read(async (reader) => {
    const [row]: { count: number }[] = await reader(table).where({ status }).count({ count: '*' });
    return row?.count ?? 0;
  });
}
