import { describe, expect, test } from 'vitest';
import { namedAccount } from '../../devnet/chain/accounts.ts';
import { calculateReward, placeStorageOrder } from '../../devnet/chain/runtime/call.ts';
import { newWorld } from '../support/sim/new-world.ts';
import { quickRules } from '../support/sim/sim-options.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

/** A bot that has seen everything and holds the first order's file; stopped. */
async function stoppedAfterFirst(world: SimWorld): Promise<string> {
  const cid = world.order({ cid: world.cids.ours() });
  world.startBot();
  await world.runUntil('sealed', async () => (await world.statusOf(cid)) === 'handled', 10);
  expect(await world.stopBot()).toBe(0);
  return cid;
}

async function gaps(world: SimWorld): Promise<{ reason: string; isClosed: number }[]> {
  return await world.rows('SELECT reason, closed_walk IS NOT NULL AS isClosed FROM gap');
}

describe('A bot that was away', () => {
  test('for 50 blocks has missed nothing, and no walk was needed for it', async () => {
    const world = await newWorld();
    await stoppedAfterFirst(world);
    const placed: string[] = [];
    for (let block = 0; block < 50; block += 1) {
      placed.push(world.order({ cid: world.cids.ours() }));
      await world.run(1);
    }
    world.startBot();
    await world.run(20);
    const statuses = await world.statuses();
    for (const cid of placed) expect(statuses.get(cid)).toBe('handled');
    expect(await gaps(world)).toEqual([]);
    expect(await world.rows('SELECT reason FROM walk')).toEqual([{ reason: 'first' }]);
    const seenByEvent = await world.rows<{ cid: string }>('SELECT cid FROM file_record WHERE seen & 2');
    expect(seenByEvent.map(({ cid }) => cid)).toEqual(expect.arrayContaining(placed));
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('for longer than the node keeps state records a gap, walks, and has missed nothing', async () => {
    const world = await newWorld({
      keepBlocks: 30,
      rules: { ...quickRules, fileDurationBlocks: 100 },
      config: { cleanup: { graceHours: 0 } },
    });
    const first = await stoppedAfterFirst(world);
    const placed: string[] = [];
    for (let block = 0; block < 140; block += 1) {
      if (block < 100 && block % 10 === 0) placed.push(world.order({ cid: world.cids.ours() }));
      await world.run(1);
    }
    // Credited, expired and closed, all of it unseen.
    await world.run(60);
    world.calculate(first);
    await world.run(80);
    world.startBot();
    await world.run(30);
    expect(await gaps(world)).toEqual([{ reason: 'pruned', isClosed: 1 }]);
    const statuses = await world.statuses();
    for (const cid of placed) expect(statuses.get(cid)).toBe('handled');
    // Absent from one walk only: closed by the second, and nothing is deleted before.
    expect(await world.broken({ isSettled: true })).toEqual([]);
    expect(world.watch.deletions).toEqual([]);
    const [row] = await world.rows<{ orders: number }>(
      "SELECT COUNT(*) AS orders FROM file_record WHERE class = 'new'",
    );
    expect(row?.orders).toBeGreaterThanOrEqual(placed.length);
  });
});

/** A bot that holds the file of an order that has expired. */
async function withExpired(): Promise<{ world: SimWorld; cid: string }> {
  const world = await newWorld({
    rules: { ...quickRules, fileDurationBlocks: 60 },
    config: { cleanup: { graceHours: 0 } },
  });
  const cid = world.order({ cid: world.cids.ours() });
  world.startBot();
  await world.run(170);
  expect(await world.statusOf(cid)).toBe('handled');
  return { world, cid };
}

describe('One block', () => {
  test('that closes an order and has it ordered again leaves the order and the file alone', async () => {
    const { world, cid } = await withExpired();
    world.calculate(cid);
    world.order({ cid });
    await world.run(60);
    expect(world.watch.deletions).toEqual([]);
    expect(await world.statusOf(cid)).toBe('handled');
    expect(await world.rows("SELECT 1 FROM cleanup_record WHERE status <> 'cancelled'")).toEqual([]);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('that orders an expired file again before somebody tries to close it leaves both alone', async () => {
    const { world, cid } = await withExpired();
    world.order({ cid });
    world.calculate(cid);
    await world.run(60);
    expect(world.watch.deletions).toEqual([]);
    expect(await world.statusOf(cid)).toBe('handled');
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('with a new order and its close in one batch closes it', async () => {
    const { world, cid } = await withExpired();
    const other = world.cids.ours();
    const customer = namedAccount('customer');
    world.chain.submit(customer, {
      kind: 'utility.batch',
      calls: [placeStorageOrder({ cid: other, sizeBytes: 5000 }), calculateReward(cid)],
    });
    world.ipfs.putFile({ cid: other, sizeBytes: 5000 });
    await world.run(60);
    expect(await world.statusOf(other)).toBe('handled');
    expect(await world.statusOf(cid)).toBe('closed');
    expect(world.watch.deletions).toEqual([cid]);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });
});

describe('A runtime upgrade from 22 to 25', () => {
  test('is followed: orders and closes before, at and after it are seen', async () => {
    const world = await newWorld({
      specVersion: 22,
      rules: { ...quickRules, fileDurationBlocks: 60 },
      config: { cleanup: { graceHours: 0 } },
    });
    const early = [0, 1].map(() => world.order({ cid: world.cids.ours() }));
    world.startBot();
    await world.run(170);
    // Before spec 23 only CalculateSuccess and the missing entry tell of a close.
    world.calculate(early[0] ?? '');
    await world.run(3);
    world.chain.setSpecVersion(25);
    const around: string[] = [];
    for (let block = 0; block < 4; block += 1) {
      around.push(world.order({ cid: world.cids.ours() }));
      await world.run(1);
    }
    world.calculate(early[1] ?? '');
    await world.run(50);
    const statuses = await world.statuses();
    for (const cid of around) expect(statuses.get(cid)).toBe('handled');
    for (const cid of early) expect(statuses.get(cid)).toBe('closed');
    expect([...world.watch.deletions].sort()).toEqual(early.sort());
    const events = await world.rows<{ cause: string }>('SELECT cause FROM cleanup_record');
    expect(events).toEqual([{ cause: 'event' }, { cause: 'event' }]);
    expect(await gaps(world)).toEqual([]);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('that happens while the bot is down is decoded block by block all the same', async () => {
    const world = await newWorld({ specVersion: 22 });
    await stoppedAfterFirst(world);
    const placed = [world.order({ cid: world.cids.ours() })];
    await world.run(5);
    world.chain.setSpecVersion(25);
    for (let block = 0; block < 10; block += 1) {
      placed.push(world.order({ cid: world.cids.ours() }));
      await world.run(1);
    }
    world.startBot();
    await world.run(10);
    const statuses = await world.statuses();
    for (const cid of placed) expect(statuses.get(cid)).toBe('handled');
    expect(await gaps(world)).toEqual([]);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });
});
