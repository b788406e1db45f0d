import { describe, expect, it } from 'vitest';
import { deleteBackOffBlocks } from '../../../src/cleanup/delete-closed.ts';
import { DAY_BLOCKS } from '../../../src/domain/units.ts';
import { Gaps } from '../../../src/store/gaps.ts';
import { cidOf, heldWorld, Instead } from '../../support/held-world.ts';

const cid = cidOf('file');
const roundMs = 10_000;

describe('the file of a closed order', () => {
  it('goes after a second look and the grace, and everything about it ends', async () => {
    const world = await heldWorld();
    await world.heldOrder(cid);
    await world.heldOrder(cidOf('other'));
    const running = await world.start(world.cleanup());
    await world.close(cid);
    const closed = world.chain.head;
    await world.mine(9);
    await running.after(roundMs);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'seen', cause: 'event' });
    expect(await world.orderRow(cid)).toMatchObject({ status: 'handled' });

    await world.mine(1);
    await running.after(roundMs);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed', due_block: closed + 10 + DAY_BLOCKS });
    expect(await world.orderRow(cid)).toMatchObject({ status: 'closed', read_block: closed + 10 });

    await world.mine(DAY_BLOCKS - 1);
    await running.after(roundMs);
    expect(world.deletions).toEqual([]);

    await world.mine(1);
    await running.after(roundMs);
    expect(world.deletions).toEqual([cid]);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'done', detail: 'deleted' });
    expect(await world.pinRow(cid)).toMatchObject({ status: 'removed' });
    expect([...world.daemon.pins]).toEqual([cidOf('other')]);
    expect(await world.orderRow(cidOf('other'))).toMatchObject({ status: 'handled' });
  });

  it('goes when it was found held although its order was closed', async () => {
    const world = await heldWorld();
    world.sworker.preload([{ cid, sizeBytes: 1024 }]);
    await world.knownOrder(cid, 'closed');
    await world.once(world.sealUpdater());
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await world.mine(10);
    await running.after(roundMs);
    expect(world.deletions).toEqual([cid]);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'done', cause: 'found' });
  });

  it('that was found held is looked at ten blocks after the read that closed its order, whatever head the bot knew', async () => {
    const world = await heldWorld();
    world.sworker.preload([{ cid, sizeBytes: 1024 }]);
    const knownHead = (await world.facts.find('chain-time'))?.atBlock;
    await world.mine(50);
    const closedBlock = world.chain.head;
    await world.knownOrder(cid, 'closed');
    await world.noteHead(knownHead);
    await world.once(world.sealUpdater());
    await world.noteHead();
    const running = await world.start(world.cleanup());
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'seen', seen_block: closedBlock });
    await world.mine(9);
    await running.after(roundMs);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'seen' });
    await world.mine(1);
    await running.after(roundMs);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
  });

  it('that was found held stays while blocks after the read that closed its order are in a gap', async () => {
    const world = await heldWorld();
    world.sworker.preload([{ cid, sizeBytes: 1024 }]);
    await world.knownOrder(cid, 'closed');
    const closedBlock = world.chain.head;
    await world.mine(50);
    await world.database.write('event', async (tx) => {
      const gap = { fromBlock: closedBlock + 1, toBlock: closedBlock + 9, reason: 'pruned' } as const;
      await new Gaps(world.database).add(tx, gap, 0);
    });
    await world.once(world.sealUpdater());
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await world.mine(10);
    await running.after(roundMs);
    expect(world.deletions).toEqual([]);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
  });

  it('that sWorker does not have any more is gone; a pin that a pull of ours made goes too', async () => {
    const world = await heldWorld();
    for (const name of ['ours', 'theirs']) {
      await world.heldOrder(cidOf(name));
      world.sworker.files.held.delete(cidOf(name));
    }
    await world.update('pin_record', cidOf('theirs'), { pinned_before: 1 });
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await world.close(cidOf('ours'));
    await world.close(cidOf('theirs'));
    await world.mine(10);
    await running.after(roundMs);
    expect(await world.cleanupRow(cidOf('ours'))).toMatchObject({ status: 'done', detail: 'absent' });
    expect(await world.cleanupRow(cidOf('theirs'))).toMatchObject({ status: 'done', detail: 'absent' });
    expect([...world.daemon.pins]).toEqual([cidOf('theirs')]);
  });

  it('that is being pulled stays until the pull has ended', async () => {
    const world = await heldWorld();
    await world.knownOrder(cid, 'pulling');
    await world.pin(cid, 'running');
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await world.close(cid);
    await world.mine(10);
    await running.after(roundMs);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
    expect(await world.orderRow(cid)).toMatchObject({ status: 'pulling', read_block: world.chain.head });
    expect(world.deletions).toEqual([]);

    // The pull was faster than the abort.
    world.sworker.preload([{ cid, sizeBytes: 1024 }]);
    await world.update('pin_record', cid, { status: 'sealed' });
    await world.update('file_record', cid, { status: 'handled' });
    await running.after(roundMs);
    expect(world.deletions).toEqual([cid]);
    expect(await world.orderRow(cid)).toMatchObject({ status: 'closed' });
    expect(await world.pinRow(cid)).toMatchObject({ status: 'removed' });
  });

  it('is not deleted when a pull of it began after all', async () => {
    const world = await heldWorld();
    await world.knownOrder(cid, 'pulling');
    await world.pin(cid, 'running');
    await world.close(cid);
    await world.mine(10);
    await world.once(world.cleanup());
    const key = { text: cid, position: 0 };
    const begun = { sizeBytes: 0, isProven: true, deletedBlock: null };
    const cleanup = { id: 1, cid, seenBlock: 1, seenEndPoint: null, attempts: 0, ...begun };
    const at = { atBlock: world.chain.head, maxPercentPerDay: 5 };
    expect(await world.cleanups.beginDelete(cleanup, key, at, 1)).toBe('pull-running');
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
  });

  it('whose pull failed before it was let go is closed all the same', async () => {
    const world = await heldWorld();
    await world.knownOrder(cid, 'pulling');
    await world.pin(cid, 'running');
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await world.close(cid);
    await world.mine(10);
    await running.after(roundMs);
    await world.update('pin_record', cid, { status: 'failed' });
    await world.update('file_record', cid, { status: 'queued' });
    await running.after(roundMs);
    expect(await world.orderRow(cid)).toMatchObject({ status: 'closed' });
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'done' });
  });

  it('goes together with many others, in order', async () => {
    const world = await heldWorld();
    for (let index = 0; index < 45; index += 1) await world.heldOrder(cidOf(index));
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    for (let index = 0; index < 45; index += 1) await world.close(cidOf(index));
    await world.mine(10);
    await running.after(roundMs);
    await running.after(1000);
    await running.after(1000);
    expect(world.deletions).toEqual(Array.from({ length: 45 }, (_, index) => cidOf(index)));
  });
});

describe('the second look', () => {
  it('is taken at another end point when there is one', async () => {
    const world = await heldWorld();
    world.chain.known = ['one', 'two'];
    await world.heldOrder(cid);
    const avoided: (string | undefined)[] = [];
    world.chain.before = (call, _block, ask) => {
      if (call === 'syncState') avoided.push(ask.avoid);
    };
    const running = await world.start(world.cleanup());
    await world.close(cid);
    await world.mine(10);
    await running.after(roundMs);
    expect(avoided).toEqual(['one']);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'seen' });
    world.chain.endPoint = 'two';
    await running.after(roundMs);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
  });

  it('at a file that was found held begins anew where it may be the first one of that end point', async () => {
    const world = await heldWorld();
    world.chain.known = ['one', 'two'];
    world.sworker.preload([{ cid, sizeBytes: 1024 }]);
    await world.knownOrder(cid, 'closed');
    await world.mine(DAY_BLOCKS);
    await world.once(world.sealUpdater());
    const running = await world.start(world.cleanup());
    const seen = { status: 'seen', seen_block: world.chain.head, seen_end_point: 'one' };
    expect(await world.cleanupRow(cid)).toMatchObject(seen);
    world.chain.endPoint = 'two';
    await world.mine(9);
    await running.after(roundMs);
    expect(await world.cleanupRow(cid)).toMatchObject(seen);
    await world.mine(1);
    await running.after(roundMs);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed', confirmed_block: world.chain.head });
  });

  it("is the first end point's own a day later when no other one answers", async () => {
    const world = await heldWorld();
    world.chain.known = ['one', 'two'];
    await world.heldOrder(cid);
    const running = await world.start(world.cleanup());
    await world.close(cid);
    await world.mine(DAY_BLOCKS - 1);
    await running.after(roundMs);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'seen' });
    await world.mine(1);
    await running.after(roundMs);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
  });

  it('does not count at a block less than 10 later, whatever the newest known block is', async () => {
    const world = await heldWorld();
    await world.heldOrder(cid);
    await world.close(cid);
    await world.mine(9);
    await world.database.write('event', async (tx) => {
      await world.facts.set(tx, 'chain-time', { atBlock: 9_000, atMs: 0, blockTimestampMs: 0, specVersion: 25 });
    });
    await world.once(world.cleanup());
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'seen' });
  });
});

describe('the coordinator', () => {
  it('is told before sWorker is asked to delete', async () => {
    const world = await heldWorld();
    await world.heldOrder(cid);
    const running = await world.start(world.cleanup({ graceBlocks: 0, coordinator: true }));
    await world.close(cid);
    await world.mine(10);
    const order: string[] = [];
    world.coordinator.before = (call) => order.push(call);
    world.transport.before = (route) => {
      order.push(route);
    };
    await running.after(roundMs);
    expect(order).toEqual(['ping', 'withdrawSeal', '/storage/delete']);
    expect(world.coordinator.told).toEqual([cid]);
    expect(world.deletions).toEqual([cid]);
  });

  it('is not told of an order that is back', async () => {
    const world = await heldWorld();
    await world.heldOrder(cid);
    await world.close(cid);
    await world.mine(10);
    await world.once(world.cleanup({ graceBlocks: 1 }));
    world.chain.block((block) => block.set(cid, {}));
    await world.noteHead();
    await world.once(world.cleanup({ graceBlocks: 1, coordinator: true }));
    expect(world.coordinator.told).toEqual([]);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'cancelled' });
  });
});

describe('a refusal of sWorker', () => {
  it.each([
    [0, 300],
    [1, 600],
    [5, 9600],
    [6, 14_400],
    [500, 14_400],
  ])('number %i is tried again after %i blocks', (attempts, blocks) => {
    expect(deleteBackOffBlocks(attempts)).toBe(blocks);
  });

  it('is tried again after a growing pause, and ends', async () => {
    const world = await heldWorld();
    await world.heldOrder(cid);
    let asked = 0;
    world.transport.before = (route) => {
      if (route !== '/storage/delete') return undefined;
      asked += 1;
      return new Instead(500, '{"status_code":500,"message":"SGX"}');
    };
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await world.close(cid);
    await world.mine(10);
    await running.after(roundMs);
    await running.after(roundMs);
    expect(asked).toBe(1);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed', attempts: 1 });
    await world.mine(deleteBackOffBlocks(0) - 1);
    await running.after(roundMs);
    expect(asked).toBe(1);
    await world.mine(1);
    await running.after(roundMs);
    expect(asked).toBe(2);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed', attempts: 2 });
    world.transport.before = () => undefined;
    await world.mine(2 * DAY_BLOCKS);
    await running.after(roundMs);
    expect(world.deletions).toEqual([cid]);
  });
});
