import { describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { DAY_BLOCKS, HOUR_BLOCKS } from '../../../src/domain/units.ts';
import { cidOf, heldWorld, type HeldWorld } from '../../support/held-world.ts';
import type { RunningTask } from '../../support/running-task.ts';

const roundMs = 2 * 60_000;
const graceBlocks = 48 * HOUR_BLOCKS;
const waitBlocks = 3 * HOUR_BLOCKS;

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
    await world.mineLooking(graceBlocks - 10, running);
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
    await world.mineLooking(graceBlocks - 1, running);
    expect(world.deletions).toEqual([]);
    await world.mineLooking(1, running);
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
    await world.mineLooking(graceBlocks - 1, running);
    await world.mine(1);
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
    await world.mineLooking(graceBlocks - 1, running);
    expect(world.deletions).toEqual([]);
    await world.mineLooking(1, running);
    expect(world.deletions).toEqual([cidOf(1)]);
  });

  it('whose deletion may have happened stay so marked when they are put off', async () => {
    const world = await holding(3);
    const running = await world.start(world.sealUpdater());
    world.sworker.loseFiles([cidOf(1)]);
    await running.after(roundMs);
    await world.mineLooking(graceBlocks - 1, running);
    await world.mine(1);
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
    await world.mineLooking(graceBlocks, running);
    await running.after(roundMs);
    expect(asked).toEqual([cidOf(1)]);
    await world.mineLooking(HOUR_BLOCKS, running);
    expect(asked).toHaveLength(2);
    expect(world.deletions).toEqual([]);
    expect(await world.orderRow(cidOf(1))).toMatchObject({ status: 'handled' });
  });

  it('stay while nothing can be decided, while their order is not on chain, and when they are valid after all', async () => {
    const world = await holding(3);
    world.sworker.loseFiles([0, 1, 2].map(cidOf));
    const running = await world.start(world.sealUpdater());
    await world.mineLooking(graceBlocks - 1, running);
    await world.mine(1);
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
    await world.mineLooking(10 * DAY_BLOCKS, running);
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
    await world.mineLooking(14 * DAY_BLOCKS - 1, running);
    expect(world.deletions).toEqual([]);
    await world.mineLooking(1, running);
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
    const running = await world.start(world.sealUpdater());
    world.transport.after = (route) => {
      if (route === '/storage/delete') throw new Error('socket closed');
    };
    await world.mineLooking(graceBlocks, running);
    expect(world.deletions).toEqual([cidOf(1)]);
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'lost' });
    await running.stop();
    world.transport.after = () => undefined;
    await world.once(world.sealUpdater());
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'removed' });
    expect(await world.orderRow(cidOf(1))).toMatchObject({ status: 'new', gone_count: 0 });
  });
});

describe('lost files that nobody looked at', () => {
  async function lookToTheEndOfTheWait(world: HeldWorld, running: RunningTask): Promise<void> {
    await world.mineLooking(waitBlocks - 1, running);
    expect(world.deletions).toEqual([]);
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'lost', lost_look_block: null });
    await world.mineLooking(1, running);
  }

  it('because sWorker was away for their grace stay for three hours of looks', async () => {
    const world = await holding(3);
    world.sworker.loseFiles([cidOf(1)]);
    const running = await world.start(world.sealUpdater());
    await world.mineLooking(waitBlocks, running);
    world.transport.before = () => {
      throw new Error('socket closed');
    };
    await world.mineLooking(graceBlocks, running);
    world.transport.before = () => undefined;
    await running.after(roundMs);
    await lookToTheEndOfTheWait(world, running);
    expect(world.deletions).toEqual([cidOf(1)]);
  });

  it('because the bot was off for their grace stay for three hours of looks, and are held again when they are back by then', async () => {
    const world = await holding(3);
    world.sworker.loseFiles([1, 2].map(cidOf));
    await world.once(world.sealUpdater());
    await world.mine(graceBlocks);
    const running = await world.start(world.sealUpdater());
    await world.mineLooking(HOUR_BLOCKS, running);
    world.sworker.recoverFiles([cidOf(2)]);
    await world.mineLooking(waitBlocks - HOUR_BLOCKS - 1, running);
    expect(await world.pinRow(cidOf(2))).toMatchObject({ status: 'sealed' });
    expect(world.deletions).toEqual([]);
    await world.mineLooking(1, running);
    expect(world.deletions).toEqual([cidOf(1)]);
  });

  it('because the bot was off stay though its first round knows only the head from before', async () => {
    const world = await holding(3);
    world.sworker.loseFiles([cidOf(1)]);
    await world.once(world.sealUpdater());
    world.chain.mine(graceBlocks);
    const running = await world.start(world.sealUpdater());
    await world.noteHead();
    await running.after(roundMs);
    await lookToTheEndOfTheWait(world, running);
    expect(world.deletions).toEqual([cidOf(1)]);
  });

  it('because the bot was off for 14 days stay for three hours of looks when they are many', async () => {
    const world = await holding(12);
    const cids = [0, 1, 2, 3, 4, 5].map(cidOf);
    world.sworker.loseFiles(cids);
    await world.once(world.sealUpdater());
    await world.mine(14 * DAY_BLOCKS);
    const running = await world.start(world.sealUpdater());
    expect(world.conditions.has('files-lost')).toBe(true);
    await world.mineLooking(waitBlocks - 1, running);
    expect(world.deletions).toEqual([]);
    await world.mineLooking(1, running);
    expect([...world.deletions].sort()).toEqual(cids);
  });

  it('for half an hour are judged as if there had been no pause, for a block more they are not', async () => {
    for (const [pauseBlocks, deleted] of [
      [300, [cidOf(1)]],
      [301, []],
    ] as const) {
      const world = await holding(3);
      world.sworker.loseFiles([cidOf(1)]);
      const running = await world.start(world.sealUpdater());
      await world.mineLooking(graceBlocks - pauseBlocks, running);
      await world.mine(pauseBlocks);
      await running.after(roundMs);
      expect(world.deletions).toEqual(deleted);
    }
  });

  it('have their grace dated by the first look, and stay no longer than it when it is the shorter', async () => {
    const world = await holding(3);
    world.sworker.loseFiles([cidOf(1)]);
    const running = await world.start(world.sealUpdater({ lostGraceBlocks: HOUR_BLOCKS }));
    expect(await world.pinRow(cidOf(1))).toMatchObject({ lost_block: world.chain.head });
    await world.mineLooking(HOUR_BLOCKS - 1, running);
    expect(world.deletions).toEqual([]);
    await world.mineLooking(1, running);
    expect(world.deletions).toEqual([cidOf(1)]);
  });
});
