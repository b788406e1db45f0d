import { seenBy, type OrderKey, type OrderRead } from '../domain/order.ts';
import type { OrderStatus } from '../domain/statuses.ts';
import type { Database, Tx } from './database.ts';
import { closeOrders } from './ingest/closes.ts';
import { keyRows } from './ingest/read-rows.ts';
import { noteSuccesses } from './ingest/successes.ts';
import { ingestReads } from './order-ingest.ts';
import { addOwners, type Payment } from './owners.ts';

/** What one block did to one order. */
export interface OrderChange {
  /** What `FilesV2` says after the block. */
  readonly read: OrderRead;
  /** A FileSuccess stood in the block. */
  readonly ordered: boolean;
  /** The entry is gone, and an event of the block says so. */
  readonly closed: boolean;
}

export interface BlockChanges {
  readonly atBlock: number;
  readonly endPoint: string;
  readonly orders: readonly OrderChange[];
  /** In the order they happened. */
  readonly payments: readonly Payment[];
  /** Orders whose replicas a call of the block reported. */
  readonly replicasUpdated: readonly OrderKey[];
}

/** Applies one finalized block inside the transaction that moves the cursor on. */
export async function applyBlock(tx: Tx, changes: BlockChanges, nowMs: number): Promise<void> {
  const { orders, atBlock, endPoint } = changes;
  await ingestReads(
    tx,
    orders.map((order) => order.read),
    { seen: seenBy.event, nowMs },
  );
  await noteSuccesses(
    tx,
    orders.filter((order) => order.ordered).map((order) => ({ key: order.read.key, atBlock })),
  );
  await addOwners(tx, changes.payments);
  const keys = orders.filter((order) => order.closed).map((order) => order.read.key);
  await closeOrders(tx, { keys, atBlock, endPoint, cause: 'event' }, nowMs);
  await lookEarly(tx, changes.replicasUpdated, atBlock);
}

// Of waiting orders only those whose verdict counts replicas gain by an early look; the look reads them again.
const earlyLook = `
  UPDATE file_record SET look_block = touched.block
  FROM (SELECT value ->> 0 AS position, value ->> 1 AS cid, value ->> 2 AS block FROM json_each(?)) AS touched
  WHERE file_record.key_position = touched.position AND file_record.cid = touched.cid AND status = 'waiting'
    AND verdict IN ('few-replicas', 'many-replicas', 'group-has-it')
    AND read_block < touched.block AND (look_block IS NULL OR look_block > touched.block)`;

async function lookEarly(tx: Tx, keys: readonly OrderKey[], atBlock: number): Promise<void> {
  if (keys.length > 0) await tx.raw(earlyLook, [keyRows(keys.map((key) => ({ key, atBlock })))]);
}

/** The status of each of these orders that is known here; keys without a row are left out. */
export async function statusesOf<K extends OrderKey>(
  database: Database,
  keys: readonly K[],
): Promise<readonly { readonly key: K; readonly status: OrderStatus }[]> {
  const rows = await database.read(
    async (reader): Promise<{ at: number; status: OrderStatus }[]> =>
      await reader.raw(
        `SELECT asked.key AS at, file_record.status FROM json_each(?) AS asked
         CROSS JOIN file_record ON file_record.key_position = asked.value ->> 0 AND file_record.cid = asked.value ->> 1`,
        [keyRows(keys.map((key) => ({ key, atBlock: 0 })))],
      ),
  );
  return rows.flatMap(({ at, status }) => {
    const key = keys[at];
    return key === undefined ? [] : [{ key, status }];
  });
}
