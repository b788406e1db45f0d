import { describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { DAY_BLOCKS, HOUR_BLOCKS } from '../../../src/domain/units.ts';
import { cidOf, heldWorld, type HeldWorld } from '../../support/held-world.ts';

const roundMs = 2 * 60_000;
const graceBlocks = 48 * HOUR_BLOCKS;

async function holding(files: number): Promise<HeldWorld> {
  const world = await heldWorld();
  for (let index = 0; index < files; index += 1) await world.heldOrder(cidOf(index));
  return world;
}

describe('lost files', () => {
  it('are marked and told in the next round, and nothing else happens', async () => {
    const world = await holding(3);
    const running = await world.start(world.sealUpdater());
    world.sworker.loseFiles([cidOf(1)]);
    await running.after(roundMs);
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'lost' });
    expect(await world.orderRow(cidOf(1))).toMatchObject({ status: 'handled' });
    expect(world.said('warn').filter((text) => text.includes('lost'))).toHaveLength(1);
    await running.after(roundMs);
    expect(world.said('warn').filter((text) => text.includes('lost'))).toHaveLength(1);
  });

  it('that are valid again are sealed again, and their grace begins anew the next time', async () => {
    const world = await holding(3);
    const running = await world.start(world.sealUpdater());
    world.sworker.loseFiles([cidOf(1)]);
    await running.after(roundMs);
    await world.mine(graceBlocks - 10);
    world.sworker.recoverFiles([cidOf(1)]);
    await running.after(roundMs);
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'sealed' });
    world.sworker.loseFiles([cidOf(1)]);
    await running.after(roundMs);
    await world.mine(100);
    await running.after(roundMs);
    expect(world.deletions).toEqual([]);
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'lost' });
  });

  it('are deleted after their grace when the order would be taken anew, and pulled again', async () => {
    const world = await holding(3);
    const running = await world.start(world.sealUpdater());
    world.sworker.loseFiles([cidOf(1)]);
    await running.after(roundMs);
    await world.mine(graceBlocks - 1);
    await running.after(roundMs);
    expect(world.deletions).toEqual([]);
    await world.mine(1);
    await running.after(roundMs);
    expect(world.deletions).toEqual([cidOf(1)]);
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'removed' });
    expect(await world.orderRow(cidOf(1))).toMatchObject({ status: 'new', gone_count: 0 });
    expect(world.daemon.pins.has(cidOf(1))).toBe(false);
    expect(world.daemon.pins.has(cidOf(0))).toBe(true);
  });

  it('are deleted at the block of the read of their orders, when the head that the bot knows is hours old', async () => {
    const world = await holding(3);
    const running = await world.start(world.sealUpdater());
    world.sworker.loseFiles([cidOf(1)]);
    await running.after(roundMs);
    await world.mine(graceBlocks);
    world.chain.mine(5 * HOUR_BLOCKS);
    await running.after(roundMs);
    expect(world.deletions).toEqual([cidOf(1)]);
    expect(await world.pinRow(cidOf(1))).toMatchObject({ let_go_block: world.chain.head });
  });

  it('have their grace from a block that the chain names after they were seen, however old the head is that the bot knows', async () => {
    const world = await holding(3);
    world.chain.mine(graceBlocks);
    world.sworker.loseFiles([cidOf(1)]);
    world.chain.before = (method) => {
      if (method === 'syncState') throw new SmError('CHAIN_UNREACHABLE', 'away');
    };
    const running = await world.start(world.sealUpdater());
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'lost', lost_block: null });
    world.chain.before = () => undefined;
    await world.noteHead();
    await running.after(roundMs);
    expect(world.deletions).toEqual([]);
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'lost', lost_block: world.chain.head });
    await world.mine(graceBlocks - 1);
    await running.after(roundMs);
    expect(world.deletions).toEqual([]);
    await world.mine(1);
    await running.after(roundMs);
    expect(world.deletions).toEqual([cidOf(1)]);
  });

  it('whose deletion may have happened stay so marked when they are put off', async () => {
    const world = await holding(3);
    const running = await world.start(world.sealUpdater());
    world.sworker.loseFiles([cidOf(1)]);
    await running.after(roundMs);
    await world.mine(graceBlocks);
    world.transport.before = (route) => {
      if (route === '/storage/delete') throw new Error('socket closed');
    };
    await running.after(roundMs);
    const mark = { end_detail: 'being deleted to be sealed anew' };
    expect(await world.pinRow(cidOf(1))).toMatchObject(mark);
    world.transport.before = () => undefined;
    world.decideAsNotHeld = () => 'many-replicas';
    await running.after(roundMs);
    expect(await world.pinRow(cidOf(1))).toMatchObject({
      status: 'lost',
      ...mark,
      lost_look_block: expect.any(Number),
    });
  });

  it('stay as they are under any other verdict, and are judged again an hour later', async () => {
    const world = await holding(3);
    const asked: string[] = [];
    world.decideAsNotHeld = (order) => {
      asked.push(order.key.text);
      return 'many-replicas';
    };
    world.sworker.loseFiles([cidOf(1)]);
    const running = await world.start(world.sealUpdater());
    await world.mine(graceBlocks);
    await running.after(roundMs);
    await running.after(roundMs);
    expect(asked).toEqual([cidOf(1)]);
    await world.mine(HOUR_BLOCKS);
    await running.after(roundMs);
    expect(asked).toHaveLength(2);
    expect(world.deletions).toEqual([]);
    expect(await world.orderRow(cidOf(1))).toMatchObject({ status: 'handled' });
  });

  it('stay while nothing can be decided, while their order is not on chain, and when they are valid after all', async () => {
    const world = await holding(3);
    world.sworker.loseFiles([0, 1, 2].map(cidOf));
    const running = await world.start(world.sealUpdater());
    await world.mine(graceBlocks);
    world.chain.block((block) => block.drop(cidOf(0)));
    world.decideAsNotHeld = ({ key }) => {
      if (key.text === cidOf(1)) return undefined;
      world.sworker.recoverFiles([cidOf(2)]);
      return 'take';
    };
    await running.after(roundMs);
    expect(world.deletions).toEqual([]);
  });

  it('many at once are a disk that is away: they wait, it is said, and they come back', async () => {
    const world = await holding(12);
    const cids = [0, 1, 2, 3, 4, 5].map(cidOf);
    world.sworker.loseFiles(cids);
    const running = await world.start(world.sealUpdater());
    await world.mine(10 * DAY_BLOCKS);
    await running.after(roundMs);
    expect(world.deletions).toEqual([]);
    expect(world.conditions.has('files-lost')).toBe(true);
    expect(world.conditions.ready).toBe(true);
    world.sworker.recoverFiles(cids);
    await running.after(roundMs);
    await running.after(roundMs);
    expect(world.conditions.has('files-lost')).toBe(false);
    expect(await world.count('pin_record', { status: 'sealed' })).toBe(12);
  });

  it('many at once for 14 days are decided anew', async () => {
    const world = await holding(12);
    const cids = [0, 1, 2, 3, 4, 5].map(cidOf);
    world.sworker.loseFiles(cids);
    const running = await world.start(world.sealUpdater());
    await world.mine(14 * DAY_BLOCKS - 1);
    await running.after(roundMs);
    expect(world.deletions).toEqual([]);
    await world.mine(1);
    await running.after(roundMs);
    expect([...world.deletions].sort()).toEqual(cids);
  });

  it('hundreds that come back at once are told by the full list, not asked for one by one', async () => {
    const world = await heldWorld();
    const cids = Array.from({ length: 250 }, (_, index) => cidOf(index));
    world.sworker.preload(cids.map((cid) => ({ cid, sizeBytes: 1, state: 'lost' })));
    const running = await world.start(world.sealUpdater());
    expect(await world.count('pin_record', { status: 'lost' })).toBe(250);
    world.sworker.recoverFiles(cids);
    const asked: string[] = [];
    world.transport.before = (route) => void asked.push(route);
    await running.after(roundMs);
    expect(await world.count('pin_record', { status: 'sealed' })).toBe(250);
    expect(asked.length).toBeLessThan(110);
  });

  it('whose deletion was cut off by the end of the process are let go, not taken for gone', async () => {
    const world = await holding(10);
    world.sworker.loseFiles([cidOf(1)]);
    await world.once(world.sealUpdater());
    await world.mine(graceBlocks);
    world.transport.after = (route) => {
      if (route === '/storage/delete') throw new Error('socket closed');
    };
    const running = await world.start(world.sealUpdater());
    expect(world.deletions).toEqual([cidOf(1)]);
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'lost' });
    await running.stop();
    world.transport.after = () => undefined;
    await world.once(world.sealUpdater());
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'removed' });
    expect(await world.orderRow(cidOf(1))).toMatchObject({ status: 'new', gone_count: 0 });
  });
});
