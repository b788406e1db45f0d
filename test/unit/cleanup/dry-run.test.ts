import { describe, expect, it } from 'vitest';
import { DAY_BLOCKS } from '../../../src/domain/units.ts';
import { cidOf, heldWorld, type HeldWorld } from '../../support/held-world.ts';

const roundMs = 10_000;
const cids = [cidOf('one'), cidOf('two')];

async function closed(): Promise<HeldWorld> {
  const world = await heldWorld();
  for (const cid of [...cids, cidOf('live')]) await world.heldOrder(cid);
  for (const cid of cids) await world.close(cid);
  await world.mine(10);
  return world;
}

const told = (world: HeldWorld): number => world.said('info').filter((line) => line.startsWith('Would let go')).length;

describe('cleanup.mode dryRun', () => {
  it('tells once of each file what would be deleted after its grace, and deletes nothing', async () => {
    const world = await closed();
    const running = await world.start(world.cleanup({ mode: 'dryRun', coordinator: true }));
    await running.after(roundMs);
    expect(told(world)).toBe(0);
    await world.mine(DAY_BLOCKS);
    await running.after(roundMs);
    await running.after(roundMs);
    expect(told(world)).toBe(2);
    expect(world.deletions).toEqual([]);
    expect(world.coordinator.told).toEqual([]);
    for (const cid of cids) {
      expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed', deleted_block: null });
      expect(await world.pinRow(cid)).toMatchObject({ status: 'sealed' });
    }
    const [condition] = world.conditions.list();
    expect(condition).toMatchObject({ name: 'cleanup-dry-run', kind: 'wait', blocksReady: false });
    expect(condition?.message).toContain('2 files (2.0 KiB)');
    await running.stop();
    await world.once(world.cleanup({ mode: 'dryRun' }));
    expect(told(world)).toBe(2);
  });

  it('leaves all of it to the mode delete', async () => {
    const world = await closed();
    await world.once(world.cleanup({ mode: 'dryRun' }));
    await world.mine(DAY_BLOCKS);
    await world.once(world.cleanup({ mode: 'dryRun' }));
    await world.once(world.cleanup());
    expect(world.deletions).toEqual(cids);
  });

  it('tells that nothing would be deleted while the chain is not believed', async () => {
    const world = await closed();
    const running = await world.start(world.cleanup({ mode: 'dryRun', graceBlocks: 0 }));
    expect(world.conditions.list()).toMatchObject([{ name: 'cleanup-dry-run' }]);
    expect(world.conditions.list()[0]?.message).toContain('2 files');
    const absent = { status: 'seen', cause: 'absence', seen_block: 1, created_ms: 0, updated_ms: 0 };
    for (let index = 0; index < 20; index += 1) await world.row('cleanup_record', { ...absent, cid: cidOf(index) });
    await running.after(roundMs);
    const told = world.conditions.list().find(({ name }) => name === 'cleanup-dry-run');
    expect(world.conditions.has('held-orders-gone')).toBe(true);
    expect(told?.message).toContain('0 files');
  });

  it('lets a re-order take back what it told of', async () => {
    const world = await closed();
    await world.once(world.cleanup({ mode: 'dryRun', graceBlocks: 0 }));
    await world.order(cids[0] ?? '');
    expect(await world.cleanupRow(cids[0] ?? '')).toMatchObject({ status: 'cancelled' });
  });
});
