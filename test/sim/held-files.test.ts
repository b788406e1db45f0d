import { rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { seedOrders } from '../../devnet/chain/model-seed.ts';
import { newWorld } from '../support/sim/new-world.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

async function holding(
  files: number,
  options: Parameters<typeof newWorld>[0] = {},
): Promise<{ world: SimWorld; cids: string[] }> {
  const world = await newWorld(options);
  const cids = Array.from({ length: files }, () => world.order({ cid: world.cids.ours() }));
  world.startBot();
  await world.runUntil(
    'all sealed',
    async () => {
      const statuses = await world.statuses();
      return cids.every((cid) => statuses.get(cid) === 'handled');
    },
    20,
  );
  return { world, cids };
}

async function recordOf(world: SimWorld, cid: string): Promise<string | undefined> {
  const [row] = await world.rows<{ status: string }>(
    'SELECT status FROM pin_record WHERE cid = ? ORDER BY id DESC',
    cid,
  );
  return row?.status;
}

describe('A lost file', () => {
  test('is reported, left alone, and held again when it is back', async () => {
    const { world, cids } = await holding(3);
    const [cid = ''] = cids;
    world.sworker.loseFiles([cid]);
    await world.run(45);
    expect(await recordOf(world, cid)).toBe('lost');
    expect(await world.statusOf(cid)).toBe('handled');
    world.sworker.recoverFiles([cid]);
    await world.run(45);
    expect(await recordOf(world, cid)).toBe('sealed');
    expect(world.watch.lettingGo).toEqual([]);
    expect(world.watch.pullsBegun.get(cid)).toBe(1);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('that stays lost over its grace is deleted and pulled anew', async () => {
    const { world, cids } = await holding(3, { config: { seal: { lostGraceHours: 0.1 } } });
    const [cid = ''] = cids;
    world.sworker.loseFiles([cid]);
    await world.runUntil(
      'pulled anew',
      () => world.watch.pullsBegun.get(cid) === 2 && world.watch.pulling.length === 0,
      400,
    );
    await world.run(25);
    expect(world.watch.deletions).toEqual([cid]);
    expect(world.sworker.files.find(cid)?.state).toBe('valid');
    expect(await world.statusOf(cid)).toBe('handled');
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('of many that a disk took with it is left alone beyond the grace', async () => {
    const { world, cids } = await holding(8, { config: { seal: { lostGraceHours: 0.1 } } });
    world.sworker.setDiskReachable(0, false);
    await world.run(200);
    expect(world.watch.lettingGo).toEqual([]);
    for (const cid of cids) expect(await recordOf(world, cid)).toBe('lost');
    world.sworker.setDiskReachable(0, true);
    await world.run(45);
    for (const cid of cids) expect(await recordOf(world, cid)).toBe('sealed');
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });
});

describe('Garbage collection', () => {
  test('of a repository that is too full waits for the running pull, holds new ones back, and frees what is not pinned', async () => {
    const { world, cids } = await holding(2, { storageMaxBytes: 8_000_000, config: { gc: { intervalMinutes: 1 } } });
    const slow = world.order({ cid: world.cids.ours(), sizeBytes: 8_000_000, file: { bytesPerSecond: 30_000 } });
    await world.runUntil('the pull runs', () => world.watch.pulling.includes(slow), 10);
    // Most of it is there, so the repository is above the threshold while the pull still runs.
    const hold = "SELECT content ->> 'heldSinceMs' AS sinceMs FROM config WHERE name = 'gc'";
    await world.runUntil(
      'new pulls are held back',
      async () => typeof (await world.rows<{ sinceMs: unknown }>(hold))[0]?.sinceMs === 'number',
      42,
    );
    const waiting = world.order({ cid: world.cids.ours() });
    expect(world.watch.pulling).toEqual([slow]);
    await world.run(3);
    expect(await world.statusOf(waiting)).toBe('queued');
    await world.runUntil('collected', () => (world.desk.counts.get('ipfs repo/gc') ?? 0) > 0, 30);
    await world.run(15);
    expect(await world.statusOf(slow)).toBe('handled');
    expect(await world.statusOf(waiting)).toBe('handled');
    for (const cid of [...cids, slow]) expect(await world.ipfs.pinType(cid)).toBe('recursive');
    expect(world.watch.lettingGo).toEqual([]);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('by a bot whose database is new waits for its first walk, and takes no block of a sealed file that lacks its pin', async () => {
    const config = { gc: { intervalMinutes: 1 }, indexer: { maxOrdersPerSecond: 1 } };
    const { world, cids } = await holding(2, { storageMaxBytes: 2_200_000, keepBlocks: 2000, config });
    const [unpinned = ''] = cids;
    expect(await world.stopBot()).toBe(0);
    await rm(world.config.dataDir, { recursive: true });
    await world.ipfs.unpin(unpinned);
    seedOrders(world.chain, 600, { seed: 7, mix: { expired: 1, abandoned: 1 } });
    await world.run(1);
    const collections = (): number => world.desk.counts.get('ipfs repo/gc') ?? 0;
    const before = collections();
    world.startBot();
    await world.run(40);
    expect(await world.rows('SELECT status FROM walk')).toEqual([{ status: 'running' }]);
    expect(collections()).toBe(before);
    await world.runUntil('collected', () => collections() > before, 100);
    expect(await world.ipfs.pinType(unpinned)).toBe('recursive');
  });
});
