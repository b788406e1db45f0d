import { describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { HOUR_BLOCKS } from '../../../src/domain/units.ts';
import { cidOf, heldWorld, type HeldWorld } from '../../support/held-world.ts';

const roundMs = 2 * 60_000;
const fullRoundMs = 31 * 60_000;
/** Lost files are let go after so many blocks of looks at the earliest. */
const lookedBlocks = 3 * HOUR_BLOCKS;
const routes = [
  '/file/info_by_type?type=pending',
  '/file/info_by_type?type=lost',
  '/file/info_by_type?type=valid',
  '/file/info?',
  '/storage/delete',
];
const faults: Readonly<Record<string, (world: HeldWorld) => unknown>> = {
  'a dropped socket': () => {
    throw new Error('socket closed');
  },
  'a proxy page': () => '<html>502</html>',
  'half a list': (world) =>
    JSON.stringify(Object.fromEntries(world.sworker.files.list('valid').map((file) => [file.cid, file]))).slice(0, 60),
  'another shape': () => '[]',
};

/** Ten held files; one was lost long enough to be let go, one vanished from sWorker. */
async function troubled(): Promise<HeldWorld> {
  const world = await heldWorld();
  for (let index = 0; index < 10; index += 1) await world.heldOrder(cidOf(index));
  world.sworker.loseFiles([cidOf(1)]);
  return world;
}

describe('sWorker failing at any call of the seal updater', () => {
  for (const route of routes) {
    it.each(Object.keys(faults))(`lets nothing go for ${route}: %s`, async (fault) => {
      const world = await troubled();
      await world.once(world.sealUpdater());
      world.sworker.files.held.delete(cidOf(2));
      await world.mine(48 * HOUR_BLOCKS);
      world.transport.before = (asked) => (asked.startsWith(route) ? faults[fault]?.(world) : undefined);
      const task = world.sealUpdater();
      const running = await world.start(task);
      await world.mineLooking(lookedBlocks, running);
      await running.after(fullRoundMs);
      expect(world.deletions).toEqual([]);
      expect(await world.count('pin_record', { status: 'sealed' })).toBeGreaterThanOrEqual(8);
      expect(world.conditions.has('outage:seal-updater')).toBe(true);
      world.transport.before = () => undefined;
      await running.after(fullRoundMs);
      await world.mineLooking(lookedBlocks, running);
      await running.after(fullRoundMs);
      await running.after(fullRoundMs);
      expect(task.heldFilesKnown()).toBe(true);
      expect(world.conditions.has('outage:seal-updater')).toBe(false);
      expect(await world.orderRow(cidOf(1))).toMatchObject({ status: 'new', gone_count: 0 });
      expect(await world.orderRow(cidOf(2))).toMatchObject({ status: 'new', gone_count: 1 });
      expect(await world.count('pin_record', { status: 'sealed' })).toBe(8);
    });
  }

  it('an upgrading sWorker is waited for, which is no outage', async () => {
    const world = await troubled();
    world.sworker.upgrade = 'exit';
    await world.start(world.sealUpdater());
    expect(world.conditions.list()).toMatchObject([{ name: 'outage:seal-updater', kind: 'wait' }]);
  });
});

describe('the chain failing at any call of the seal updater', () => {
  const calls = ['syncState', 'finalizedHead', 'readOrders'];
  it.each(calls)('lets no lost file go for %s', async (call) => {
    const world = await troubled();
    await world.once(world.sealUpdater());
    await world.mine(48 * HOUR_BLOCKS);
    world.chain.before = (asked) => {
      if (asked === call) throw new SmError('CHAIN_RPC_ERROR', 'internal error');
    };
    const running = await world.start(world.sealUpdater());
    await world.mineLooking(lookedBlocks, running);
    expect(world.deletions).toEqual([]);
    expect(await world.orderRow(cidOf(1))).toMatchObject({ status: 'handled' });
    world.chain.before = () => undefined;
    await running.after(roundMs);
    expect(world.deletions).toEqual([cidOf(1)]);
  });

  it('lets no lost file go by the word of a syncing node', async () => {
    const world = await troubled();
    await world.once(world.sealUpdater());
    await world.mine(48 * HOUR_BLOCKS);
    world.chain.syncing = true;
    const running = await world.start(world.sealUpdater());
    await world.mineLooking(lookedBlocks, running);
    expect(world.deletions).toEqual([]);
  });
});
