import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import chunk from 'lodash/chunk.js';
import { migrations } from '../../../db/migrations/list.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import type { OrderRead } from '../../../src/domain/order.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { OrderIngest } from '../../../src/store/order-ingest.ts';
import type { BenchSettings } from '../harness/bench.ts';
import { cidOf, headBlocks, ranges, sizeOf, uncredited, withoutOrder, type World } from './world.ts';

const groupOwner = 'cTHA4D34PHTD5jkK68tbyakakPG9o5nvGAbGfAdBtSePZMGpD';

/**
 * A data folder of a node that was never asked what it holds: all orders are known, none is handled, no held file has a record. The caller
 * removes it. Made once for each size and kept in the cache.
 */
export async function madeNode(world: World, settings: BenchSettings): Promise<string> {
  const name = `report-${world.orders}-${world.held}-schema-${migrations.length}.sqlite`;
  const kept = path.join(settings.cacheDir, name);
  const folder = await mkdtemp(path.join(tmpdir(), 'smanager-bench-'));
  try {
    if (!existsSync(kept)) {
      settings.say(`making a database of ${world.orders} orders, kept as ${kept}`);
      await make(folder, world);
      await copyFile(path.join(folder, databaseFileName), `${kept}.part`);
      await rename(`${kept}.part`, kept);
    } else {
      await copyFile(kept, path.join(folder, databaseFileName));
    }
    return folder;
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}

async function make(folder: string, world: World): Promise<void> {
  const database = await Database.open(folder);
  try {
    const ingest = new OrderIngest({ database, clock: new SystemClock() });
    const indices = await inKeyOrder(world);
    for (const slice of chunk(indices, 5_000))
      await ingest.ingest(
        slice.map((index) => readOf(index)),
        { seen: 1 },
      );
    await setStatuses(database, world);
    const facts = new Facts(database);
    const atMs = Date.now();
    await database.write('event', async (tx) => {
      const atBlock = headBlocks.first;
      await facts.set(tx, 'chain-time', { atBlock, atMs, blockTimestampMs: atMs, specVersion: 25 });
      await tx('walk').insert({
        status: 'complete',
        reason: 'first',
        reads_all: 1,
        anchor_block: atBlock - 2000,
        oldest_page_block: atBlock - 2000,
        newest_page_block: atBlock - 1000,
        cursor: '',
        started_ms: atMs,
        ended_ms: atMs,
      });
    });
  } finally {
    await database.close();
  }
}

/** As a walk brings them. */
async function inKeyOrder(world: World): Promise<readonly number[]> {
  const positions = new Float64Array(world.orders);
  for (let index = 0; index < world.orders; index += 1) positions[index] = chainOrderKey(cidOf(index)).position;
  const indices = Array.from({ length: world.orders - withoutOrder }, (_, at) => at + withoutOrder);
  return indices.sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
}

function readOf(index: number): OrderRead {
  const inGroup = index >= withoutOrder + uncredited;
  return {
    key: chainOrderKey(cidOf(index)),
    atBlock: inGroup ? headBlocks.first - 1500 : headBlocks.later,
    figures: {
      sizeBytes: sizeOf(index),
      rewardPico: String(1_000_000_000 + index),
      calculatedBlock: headBlocks.first - 600_000,
      expiryBlock: headBlocks.first + 3_000_000,
      replicas: 1 + (index % 120),
      groupHold: inGroup ? 2 : 0,
      groupOwner,
    },
  };
}

async function setStatuses(database: Database, world: World): Promise<void> {
  const { pending, queued } = ranges(world);
  const nowMs = Date.now();
  await database.write('bulk', async (tx) => {
    await tx.raw("UPDATE file_record SET status = 'waiting', verdict = 'not-ours', turn_block = 21000000, revise = 0");
    const named = (range: { from: number; to: number }) =>
      JSON.stringify(Array.from({ length: range.to - range.from }, (_, at) => keyOf(range.from + at)));
    const among = `id IN (SELECT found.id FROM json_each(?) AS asked
      CROSS JOIN file_record AS found ON found.key_position = asked.value ->> 0 AND found.cid = asked.value ->> 1)`;
    await tx.raw(`UPDATE file_record SET status = 'pulling', verdict = 'take' WHERE ${among}`, [named(pending)]);
    await tx.raw(`UPDATE file_record SET status = 'queued', verdict = 'take' WHERE ${among}`, [named(queued)]);
    await tx.raw(
      `INSERT INTO pin_record (cid, size_bytes, status, cause, class, attempt, started_ms, started_block, updated_ms, pinned_before)
       SELECT value ->> 1, 1024, 'running', 'pull', 'db', 1, ?, ?, ?, 0 FROM json_each(?)`,
      [nowMs, headBlocks.first, nowMs, named(pending)],
    );
  });
}

function keyOf(index: number): readonly [number, string] {
  const cid = cidOf(index);
  return [chainOrderKey(cid).position, cid];
}
