import { expect, test } from 'vitest';
import { newWorld } from '../support/sim/new-world.ts';
import { blockMs, quickRules } from '../support/sim/sim-options.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

const graceBlocks = 60;

/** Orders are paid for 200 blocks, and a closed one's file is kept for 60. */
async function shortLived(): Promise<SimWorld> {
  return await newWorld({
    rules: { ...quickRules, fileDurationBlocks: 200 },
    config: { cleanup: { graceHours: graceBlocks / 600 } },
  });
}

test('An order is placed, taken, pulled, sealed, reported, expired, closed, and cleaned up after its grace', async () => {
  const world = await shortLived();
  world.startBot();
  await world.run(5);
  const cid = world.order({ cid: world.cids.ours(), sizeBytes: 3_000_000 });
  await world.runUntil('sealed', async () => (await world.statusOf(cid)) === 'handled', 10);
  expect(world.sworker.files.find(cid)).toMatchObject({ state: 'valid', sizeBytes: 3_000_000 });
  expect(await world.ipfs.pinType(cid)).toBe('recursive');

  await world.runUntil(
    'reported on chain',
    async () => {
      const [order] = await world.rows<{ group_hold: number }>('SELECT group_hold FROM file_record WHERE cid = ?', cid);
      return order?.group_hold === 2;
    },
    100,
  );
  const [expiry] = await world.rows<{ block: number }>(
    'SELECT expiry_block AS block FROM file_record WHERE cid = ?',
    cid,
  );
  await world.runUntil('expired', () => world.head >= (expiry?.block ?? Infinity), 250);
  expect(await world.statusOf(cid)).toBe('handled');
  expect(await world.broken({ isSettled: true })).toEqual([]);

  world.calculate(cid);
  await world.run(2);
  const [cleanup] = await world.rows('SELECT status, cause FROM cleanup_record');
  expect(cleanup).toEqual({ status: 'seen', cause: 'event' });
  await world.runUntil('confirmed', async () => (await world.statusOf(cid)) === 'closed', 30);
  const confirmedAtMs = world.clock.nowMs();
  expect(world.watch.deletions).toEqual([]);
  await world.runUntil('cleaned up', () => world.watch.deletions.length > 0, 90);
  expect((world.clock.nowMs() - confirmedAtMs) / blockMs).toBeGreaterThanOrEqual(graceBlocks - 1);
  await world.run(2);

  expect(world.watch.deletions).toEqual([cid]);
  expect(world.sworker.files.find(cid)).toBeUndefined();
  expect(await world.ipfs.pinType(cid)).toBeUndefined();
  expect(await world.rows('SELECT status FROM cleanup_record')).toEqual([{ status: 'done' }]);
  expect(await world.rows('SELECT status FROM pin_record')).toEqual([{ status: 'removed' }]);
  expect(await world.broken({ isSettled: true })).toEqual([]);
  expect(await world.stopBot()).toBe(0);
});

test('A re-order inside the grace keeps the file', async () => {
  const world = await shortLived();
  const cid = world.order({ cid: world.cids.ours() });
  world.startBot();
  await world.runUntil(
    'credited and expired',
    () => world.head > 5_000_000 + 290 && world.sworker.files.find(cid) !== undefined,
    300,
  );
  world.calculate(cid);
  await world.runUntil('closed', async () => (await world.statusOf(cid)) === 'closed', 40);
  await world.run(20);
  world.order({ cid });
  await world.run(graceBlocks + 60);
  expect(world.watch.deletions).toEqual([]);
  expect(world.sworker.files.find(cid)?.state).toBe('valid');
  expect(await world.ipfs.pinType(cid)).toBe('recursive');
  expect(await world.rows('SELECT status FROM cleanup_record')).toEqual([{ status: 'cancelled' }]);
  expect(await world.statusOf(cid)).toBe('handled');
  expect(await world.broken({ isSettled: true })).toEqual([]);
});
