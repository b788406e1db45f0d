import chunk from 'lodash/chunk.js';
import groupBy from 'lodash/groupBy.js';
import { seenBy, type OrderKey, type OrderRead } from '../domain/order.ts';
import type { Database, Tx } from './database.ts';
import { closeOrders } from './ingest/closes.ts';
import { markNamed, type NamedOrder } from './ingest/named-orders.ts';
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
  /** Each order once. */
  readonly orders: readonly OrderChange[];
  /** In the order they happened. */
  readonly payments: readonly Payment[];
  /** Orders whose replicas a call of the block reported. */
  readonly replicasUpdated: readonly OrderKey[];
}

/** As many as one statement takes. */
const sliceReads = 500;

/**
 * Applies finalized blocks, in their order, inside the transaction that moves the cursor on. The statements of several blocks are made one as long as
 * no order stands in two of them: what happened to different orders may be written in any order, what happened to one may not.
 * @param options `scanIntervalBlocks`: from the beginning of a walk to that of the next
 */
export async function applyBlocks(
  tx: Tx,
  blocks: readonly BlockChanges[],
  { nowMs, scanIntervalBlocks }: { readonly nowMs: number; readonly scanIntervalBlocks: number },
): Promise<void> {
  for (const run of runsOf(blocks)) await applyRun(tx, run, nowMs);
  await markReported(tx, blocks, scanIntervalBlocks);
}

/** Cuts before every block that speaks of an order that an earlier one of the run has spoken of. */
function runsOf(blocks: readonly BlockChanges[]): readonly (readonly BlockChanges[])[] {
  const runs: BlockChanges[][] = [];
  const names = new Set<string>();
  for (const block of blocks) {
    if (block.orders.length === 0) continue;
    const own = block.orders.map(({ read }) => nameOf(read.key));
    if (runs.length === 0 || own.some((name) => names.has(name))) {
      runs.push([]);
      names.clear();
    }
    runs.at(-1)?.push(block);
    for (const name of own) names.add(name);
  }
  return runs;
}

async function applyRun(tx: Tx, run: readonly BlockChanges[], nowMs: number): Promise<void> {
  const reads = run.flatMap(({ orders }) => orders.map(({ read }) => read));
  for (const slice of chunk(reads, sliceReads)) await ingestReads(tx, slice, { seen: seenBy.event, nowMs });
  const successes = run.flatMap(({ orders, atBlock }) =>
    orders.filter(({ ordered }) => ordered).map(({ read }) => ({ key: read.key, atBlock })),
  );
  await noteSuccesses(tx, successes);
  await addOwners(
    tx,
    run.flatMap(({ payments }) => payments),
  );
  for (const blocks of Object.values(groupBy(run, 'endPoint'))) {
    const closed = blocks.flatMap(({ orders, atBlock }) =>
      orders.filter((order) => order.closed).map(({ read }) => ({ key: read.key, atBlock })),
    );
    await closeOrders(tx, { orders: closed, endPoint: blocks[0]?.endPoint ?? '', cause: 'event' }, nowMs);
  }
}

/** Behind all blocks at once: an order that a later one of them read, moved or closed needs no mark, and that is what it finds then. */
async function markReported(tx: Tx, blocks: readonly BlockChanges[], scanIntervalBlocks: number): Promise<void> {
  const newest = new Map<string, NamedOrder>();
  for (const { replicasUpdated, atBlock } of blocks) {
    for (const key of replicasUpdated) newest.set(nameOf(key), { key, atBlock });
  }
  await markNamed(tx, [...newest.values()], scanIntervalBlocks);
}

function nameOf(key: OrderKey): string {
  return `${key.position} ${key.text}`;
}

const moveCursor = `
  UPDATE config SET content = json_object('block', ?) WHERE name = 'event-cursor' AND content ->> 'block' = ? RETURNING name`;

/** Moves the fact `event-cursor`; false when it is not where it was left. */
export async function moveEventCursor(tx: Tx, fromBlock: number, toBlock: number): Promise<boolean> {
  const moved: unknown[] = await tx.raw(moveCursor, [toBlock, fromBlock]);
  return moved.length === 1;
}

/** Those of the orders that are held here or on their way. */
export async function heldAmong<K extends OrderKey>(database: Database, keys: readonly K[]): Promise<readonly K[]> {
  const rows = await database.read(
    async (reader): Promise<{ at: number }[]> =>
      await reader.raw(
        `SELECT asked.key AS at FROM json_each(?) AS asked
         CROSS JOIN file_record ON file_record.key_position = asked.value ->> 0 AND file_record.cid = asked.value ->> 1
         WHERE file_record.status IN ('handled', 'pulling')`,
        [keyRows(keys.map((key) => ({ key, atBlock: 0 })))],
      ),
  );
  return rows.flatMap(({ at }) => keys[at] ?? []);
}
