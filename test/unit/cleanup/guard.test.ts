import { describe, expect, it } from 'vitest';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { DAY_BLOCKS, HOUR_BLOCKS } from '../../../src/domain/units.ts';
import { Approvals } from '../../../src/store/approvals.ts';
import { closeOrders } from '../../../src/store/ingest/closes.ts';
import { plainFigures } from '../../support/chain-room-world.ts';
import { completeWalk } from '../../support/complete-walk.ts';
import { cidOf, heldWorld, type HeldWorld } from '../../support/held-world.ts';

const roundMs = 10_000;
const GIB = 1024 ** 3;

/** Live orders whose files are held, in one transaction; not in sWorker, whose 404 is as good an answer. */
async function holding(world: HeldWorld, files: number, sizeBytes = 1024, name = 'file'): Promise<readonly string[]> {
  const cids = Array.from({ length: files }, (_, index) => cidOf(`${name}${index}`));
  await world.database.write('claim', async (tx) => {
    for (const cid of cids) {
      await tx('file_record').insert({
        key_position: chainOrderKey(cid).position,
        cid,
        seen: 3,
        size_bytes: sizeBytes,
        reward_pico: '0',
        calculated_block: plainFigures.calculatedBlock,
        expiry_block: 0,
        replicas: 0,
        group_hold: 0,
        read_block: 1,
        created_block: 1,
        class: 'new',
        status: 'handled',
      });
      await tx('pin_record').insert({
        cid,
        size_bytes: sizeBytes,
        status: 'sealed',
        cause: 'found',
        started_ms: 0,
        started_block: 1,
        updated_ms: 0,
        sealed_block: 1,
      });
    }
  });
  return cids;
}

async function close(world: HeldWorld, cids: readonly string[], cause: 'event' | 'absence'): Promise<void> {
  const atBlock = world.chain.head;
  const orders = cids.map((cid) => ({ key: chainOrderKey(cid), atBlock }));
  await world.database.write('event', async (tx) => await closeOrders(tx, { orders, endPoint: 'one', cause }, 0));
  await world.mine(10);
}

async function approve(world: HeldWorld): Promise<unknown> {
  const given = { command: 'smanager cleanup approve', nowMs: 5, headBlock: world.chain.head, maxPercentPerDay: 5 };
  return await new Approvals(world.database).give(given);
}

/** Rounds until one more would do nothing. */
async function untilQuiet(world: HeldWorld, running: Awaited<ReturnType<HeldWorld['start']>>): Promise<number> {
  let done = -1;
  for (let now = await doneCount(world); now !== done; now = await doneCount(world)) {
    done = now;
    await running.after(roundMs);
  }
  return done;
}

async function doneCount(world: HeldWorld): Promise<number> {
  return await world.count('cleanup_record', { status: 'done' });
}

describe('more closes by event than may go within a day', () => {
  it('go at the pace of the limit, the oldest first, and are told', async () => {
    const world = await heldWorld();
    const cids = await holding(world, 450);
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, cids, 'event');
    expect(await untilQuiet(world, running)).toBe(200);
    expect(await world.count('pin_record', { status: 'removed' })).toBe(200);
    expect(await world.cleanupRow(cids[199] ?? '')).toMatchObject({ status: 'done' });
    expect(await world.cleanupRow(cids[200] ?? '')).toMatchObject({ status: 'confirmed' });
    const [condition] = world.conditions.list();
    expect(condition).toMatchObject({ name: 'cleanup-limit', kind: 'wait', blocksReady: false });
    expect(condition?.message).toContain('250 files');
    expect(world.conditions.ready).toBe(true);
    await world.mine(DAY_BLOCKS - 1);
    expect(await untilQuiet(world, running)).toBe(200);
    await world.mine(1);
    expect(await untilQuiet(world, running)).toBe(400);
    await world.mine(DAY_BLOCKS);
    expect(await untilQuiet(world, running)).toBe(450);
    expect(world.conditions.list()).toEqual([]);
  });

  it('are told in the log once when it begins, then once an hour', async () => {
    const world = await heldWorld();
    const cids = await holding(world, 201);
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, cids, 'event');
    await untilQuiet(world, running);
    const said = (): number => world.said('warn').filter((line) => line.includes('within a day')).length;
    expect(said()).toBe(1);
    for (let round = 0; round < 300; round += 1) await running.after(roundMs);
    expect(said()).toBe(1);
    for (let round = 0; round < 70; round += 1) await running.after(roundMs);
    expect(said()).toBe(2);
  });

  it('are not let through by a stepped clock or a restart', async () => {
    const world = await heldWorld();
    const cids = await holding(world, 210);
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, cids, 'event');
    expect(await untilQuiet(world, running)).toBe(200);
    world.clock.stepWall(365 * 24 * 3_600_000);
    expect(await untilQuiet(world, running)).toBe(200);
    await running.stop();
    await world.once(world.cleanup({ graceBlocks: 0 }));
    expect(await doneCount(world)).toBe(200);
  });

  it('go by the percentage of files and of bytes where that is more', async () => {
    const world = await heldWorld();
    await holding(world, 4000, GIB, 'other');
    const cids = await holding(world, 300, GIB);
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, cids, 'event');
    expect(await untilQuiet(world, running)).toBe(215);
  });

  it('stop at the percentage of bytes, where their number would let more go', async () => {
    const world = await heldWorld();
    await holding(world, 5000, GIB, 'other');
    const cids = await holding(world, 260, 2 * GIB);
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, cids, 'event');
    // 5 % of 5,520 GiB are 276 GiB, which the first 200 files have used up.
    expect(await untilQuiet(world, running)).toBe(200);
  });
});

describe('what holds deletions back is told no longer', () => {
  it('when all that is due may go, whether or not sWorker lets it', async () => {
    const world = await heldWorld();
    const cids = await holding(world, 201);
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, cids, 'event');
    expect(await untilQuiet(world, running)).toBe(200);
    expect(world.conditions.list()).toMatchObject([{ name: 'cleanup-limit' }]);
    world.sworker.upgrade = 'process';
    await world.mine(DAY_BLOCKS);
    await running.after(roundMs);
    expect(world.conditions.list()).toMatchObject([{ name: 'outage:cleanup', part: 'sworker' }]);
  });

  it.each([
    ['the chain is not believed', ['held-orders-gone'], false],
    ['their events are read and sWorker is upgrading', ['outage:cleanup', ''], true],
  ])('when they waited for events and %s', async (_, afterwards, areRead) => {
    const world = await heldWorld();
    await holding(world, 8, 1024, 'other');
    const [closed = ''] = await holding(world, 1);
    const absent = await holding(world, 22, 1024, 'absent');
    const running = await world.start(world.cleanup({ graceBlocks: 5 }));
    await close(world, [closed], 'event');
    await running.after(roundMs);
    world.indexesEvents = false;
    await world.mine(5);
    await running.after(roundMs);
    for (let second = 0; second < 65; second += 1) await running.after(1000);
    expect(world.conditions.list()).toMatchObject([{ name: 'cleanup-events' }]);
    world.sworker.upgrade = 'process';
    world.indexesEvents = areRead;
    if (areRead) await world.noteHead();
    else await close(world, absent, 'absence');
    const told = ['cleanup-events'];
    for (let second = 0; second < 150; second += 1) {
      await running.after(1000);
      const names = world.conditions.list().map(({ name }) => name);
      if (names.join() !== told.at(-1)) told.push(names.join());
    }
    expect(told).toEqual(['cleanup-events', ...afterwards]);
  });
});

describe('closes known only by absence from walks', () => {
  it('go like the others as long as they are few', async () => {
    const world = await heldWorld();
    await holding(world, 500, 1024, 'other');
    const cids = await holding(world, 200);
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, cids, 'absence');
    expect(await untilQuiet(world, running)).toBe(200);
    expect(world.conditions.list()).toEqual([]);
  });

  it('wait for a person once they alone are more than the limit, while closes by event go on', async () => {
    const world = await heldWorld();
    await holding(world, 500, 1024, 'other');
    const absent = await holding(world, 210, 1024, 'absent');
    const closed = await holding(world, 30);
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, absent, 'absence');
    await close(world, closed, 'event');
    expect(await untilQuiet(world, running)).toBe(30);
    await world.mine(5 * DAY_BLOCKS);
    expect(await untilQuiet(world, running)).toBe(30);
    expect(world.conditions.list()).toMatchObject([{ name: 'cleanup-approval', kind: 'wait', blocksReady: false }]);
    expect(world.conditions.list()[0]?.message).toContain('210 files');
    expect(world.said('error')).toHaveLength(1);
    expect(world.conditions.ready).toBe(true);
  });

  it('go at the pace of the limit when they are approved, and later ones are not covered', async () => {
    const world = await heldWorld();
    await holding(world, 1000, 1024, 'other');
    const absent = await holding(world, 210, 1024, 'absent');
    const later = await holding(world, 220, 1024, 'later');
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, absent, 'absence');
    await running.after(roundMs);
    expect(await approve(world)).toMatchObject({ files: 210, bytes: 210 * 1024, givenMs: 5 });
    await close(world, later, 'absence');
    expect(await untilQuiet(world, running)).toBe(200);
    await world.mine(DAY_BLOCKS);
    expect(await untilQuiet(world, running)).toBe(210);
    for (const cid of absent.slice(0, 3)) expect(await world.cleanupRow(cid)).toMatchObject({ status: 'done' });
    for (const cid of later.slice(0, 3)) expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
    expect(world.conditions.list()).toMatchObject([{ name: 'cleanup-approval' }]);
  });

  it('are approved once: nothing waits afterwards, and nothing is approved that needs no approval', async () => {
    const world = await heldWorld();
    await holding(world, 1000, 1024, 'other');
    const absent = await holding(world, 210);
    expect(await approve(world)).toBeUndefined();
    await close(world, absent.slice(0, 100), 'absence');
    expect(await approve(world)).toBeUndefined();
    await close(world, absent.slice(100), 'absence');
    expect(await approve(world)).toMatchObject({ files: 210 });
    expect(await approve(world)).toBeUndefined();
    expect(await new Approvals(world.database).list()).toHaveLength(1);
  });

  it('are an outage when they are most of what is held: nothing at all is deleted until they are seen again', async () => {
    const world = await heldWorld();
    await holding(world, 8, 1024, 'other');
    const [closed = ''] = await holding(world, 1);
    const absent = await holding(world, 22, 1024, 'absent');
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, [closed], 'event');
    await close(world, absent, 'absence');
    expect(await untilQuiet(world, running)).toBe(0);
    expect(world.conditions.list()).toMatchObject([{ name: 'held-orders-gone', kind: 'outage', part: 'chain' }]);
    expect(world.conditions.ready).toBe(false);
    for (const cid of absent.slice(0, 10)) await world.order(cid);
    await untilQuiet(world, running);
    expect(world.conditions.list()).toEqual([]);
    expect(await world.cleanupRow(closed)).toMatchObject({ status: 'done' });
    expect(await doneCount(world)).toBe(13);
    for (const cid of absent.slice(0, 10)) expect(await world.cleanupRow(cid)).toMatchObject({ status: 'cancelled' });
  });

  it('that are most of what is held go when a person approves them', async () => {
    const world = await heldWorld();
    const absent = await holding(world, 25);
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, absent, 'absence');
    expect(await untilQuiet(world, running)).toBe(0);
    expect(await approve(world)).toMatchObject({ files: 25 });
    expect(await untilQuiet(world, running)).toBe(25);
    expect(world.conditions.list()).toEqual([]);
  });

  it('are those of files found held although their order is closed, too', async () => {
    const world = await heldWorld();
    const cids = await holding(world, 30);
    await world.database.write('claim', async (tx) => {
      await tx('file_record').whereIn('cid', cids).update({ status: 'closed' });
    });
    world.sworker.preload(cids.map((cid) => ({ cid, sizeBytes: 1024 })));
    await world.row('walk', completeWalk);
    await world.once(world.sealUpdater());
    expect(await world.count('cleanup_record', { cause: 'found', size_bytes: 1024 })).toBe(30);
    await world.mine(20);
    await world.once(world.cleanup({ graceBlocks: 0 }));
    expect(world.conditions.has('held-orders-gone')).toBe(true);
  });
});

describe('a deletion whose end nobody knows', () => {
  it('counts among those of the day, and once only when it is tried again', async () => {
    const world = await heldWorld();
    const cids = await holding(world, 201);
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    world.transport.after = (route) => {
      if (route === '/storage/delete') throw new Error('socket closed');
    };
    await close(world, cids, 'event');
    await running.after(roundMs);
    expect(await world.cleanups.standing(world.chain.head)).toMatchObject({
      deleted: { files: 1 },
      gone: { files: 0 },
    });
    world.transport.after = () => undefined;
    await world.mine(100);
    expect(await untilQuiet(world, running)).toBe(200);
    expect(await world.cleanupRow(cids[0] ?? '')).toMatchObject({ status: 'done' });
  });

  it('does not count when sWorker answered that it did not delete', async () => {
    const world = await heldWorld();
    const cids = await holding(world, 1);
    world.sworker.upgrade = 'process';
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, cids, 'event');
    await running.after(roundMs);
    expect(world.conditions.list()).toMatchObject([{ name: 'outage:cleanup', part: 'sworker' }]);
    expect(await world.cleanupRow(cids[0] ?? '')).toMatchObject({ status: 'confirmed', deleted_block: null });
    expect(await world.cleanups.standing(world.chain.head)).toMatchObject({ deleted: { files: 0 } });
  });

  it('does not forget that an earlier answer was lost', async () => {
    const world = await heldWorld();
    const [cid = ''] = await holding(world, 1);
    world.transport.after = (route) => {
      if (route === '/storage/delete') throw new Error('socket closed');
    };
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    await close(world, [cid], 'event');
    await running.after(roundMs);
    const begunBlock = world.chain.head;
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed', deleted_block: begunBlock });
    world.transport.after = () => undefined;
    world.sworker.upgrade = 'process';
    await world.mine(50);
    await running.after(15_000);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed', deleted_block: begunBlock });
    expect(await world.cleanups.standing(world.chain.head)).toMatchObject({ deleted: { files: 1 } });
  });
});

describe('lost files that are deleted to be pulled anew', () => {
  it('count among those of the day, and leave half of it to closed orders', async () => {
    const world = await heldWorld();
    const lost = await holding(world, 120, 1024, 'lost');
    await world.database.write('claim', async (tx) => {
      await tx('pin_record').whereIn('cid', lost).update({ status: 'lost', lost_block: 1 });
    });
    const files = world.sealStore().lost;
    const headBlock = world.chain.head;
    let marked = 0;
    const rows = await files.page(0, 200);
    for (const row of rows) {
      if (await files.markLettingGo(row, { headBlock, maxPercentPerDay: 5 })) marked += 1;
    }
    expect(marked).toBe(100);
    expect(await world.cleanups.standing(headBlock)).toMatchObject({ deleted: { files: 100, bytes: 100 * 1024 } });
    const [first] = await files.page(0, 200);
    const [before, last] = [rows[0], rows.at(-1)];
    if (first === undefined || before === undefined || last === undefined) throw new Error('no lost file');
    // One that may have been deleted already is asked about again at no cost, and counts even when it is refused then; one that was only refused makes room.
    expect(await files.markLettingGo(first, { headBlock, maxPercentPerDay: 5 })).toBe(true);
    await files.refused(first);
    expect((await files.page(0, 1))[0]).toEqual(first);
    expect(await files.markLettingGo(last, { headBlock, maxPercentPerDay: 5 })).toBe(false);
    await files.refused(before);
    expect((await files.page(0, 1))[0]).toEqual(before);
    expect(await files.markLettingGo(last, { headBlock, maxPercentPerDay: 5 })).toBe(true);
    expect(await files.markLettingGo(last, { headBlock: headBlock + DAY_BLOCKS, maxPercentPerDay: 5 })).toBe(true);
  });

  it('are not deleted by a dry run', async () => {
    const world = await heldWorld();
    await world.heldOrder(cidOf('one'));
    world.sworker.loseFiles([cidOf('one')]);
    const dry = await world.start(world.sealUpdater({ mode: 'dryRun' }));
    await world.mineLooking(49 * HOUR_BLOCKS, dry);
    expect(world.deletions).toEqual([]);
    expect(world.said('debug')).toContain('A lost file would be deleted so that it can be pulled anew');
    await dry.stop();
    await world.mineLooking(3 * HOUR_BLOCKS, await world.start(world.sealUpdater()));
    expect(world.deletions).toEqual([cidOf('one')]);
  });
});
