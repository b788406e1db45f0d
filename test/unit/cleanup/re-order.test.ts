import { describe, expect, it } from 'vitest';
import { cleanupMoves, cleanupStatuses, type CleanupStatus } from '../../../src/domain/statuses.ts';
import { SECOND_MS } from '../../../src/domain/units.ts';
import { guardedMove } from '../../../src/store/guarded-move.ts';
import { Gaps } from '../../../src/store/gaps.ts';
import { completeWalk } from '../../support/complete-walk.ts';
import { cidOf, heldWorld, type HeldWorld } from '../../support/held-world.ts';
import { failure } from '../../support/rejection.ts';

const cid = cidOf('file');
const roundMs = 10_000;

async function closed(): Promise<HeldWorld> {
  const world = await heldWorld();
  await world.heldOrder(cid);
  await world.close(cid);
  return world;
}

async function confirmed(): Promise<HeldWorld> {
  const world = await closed();
  await world.mine(10);
  await world.once(world.cleanup());
  expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
  return world;
}

/** The events of that block were never read. */
async function openGap({ database }: HeldWorld, block: number): Promise<void> {
  const gap = { fromBlock: block, toBlock: block, reason: 'pruned' } as const;
  await database.write('event', async (tx) => await new Gaps(database).add(tx, gap, 0));
}

async function moveCursor({ database, facts }: HeldWorld, block: number): Promise<void> {
  await database.write('event', async (tx) => await facts.set(tx, 'event-cursor', { block }));
}

/** Whatever is read is absent. */
function conceal({ chain }: HeldWorld): void {
  chain.readsOf = (reads) => reads.map((read) => ({ ...read, figures: undefined }));
}

function countLooks({ chain }: HeldWorld): () => number {
  let looks = 0;
  chain.readsOf = (reads) => {
    looks += 1;
    return reads;
  };
  return () => looks;
}

/** The last look at a close has missed a re-order, and the deletion waits for its event. */
async function waitingForAReorder(): Promise<{
  readonly world: HeldWorld;
  readonly running: Awaited<ReturnType<HeldWorld['start']>>;
}> {
  const world = await confirmed();
  await world.mine(14_400);
  world.indexesEvents = false;
  world.chain.block((block) => block.order(cid));
  conceal(world);
  const running = await world.start(world.cleanup());
  await running.after(SECOND_MS);
  return { world, running };
}

/** As a walk that has read everything since. */
async function closeGaps(world: HeldWorld): Promise<void> {
  const block = world.chain.head;
  await world.row('walk', { ...completeWalk, id: 1 });
  const walk = { id: 1, newestGap: Number.MAX_SAFE_INTEGER, oldestPageBlock: block };
  const { database } = world;
  await database.write('event', async (tx) => await new Gaps(database).close(tx, walk));
}

/** Everything that could still delete it has run a month later, and the file is there. */
async function expectKept(world: HeldWorld): Promise<void> {
  await world.mine(30 * 14_400);
  await world.once(world.cleanup({ graceBlocks: 0 }));
  expect(world.deletions).toEqual([]);
  expect(world.sworker.files.find(cid)).toBeDefined();
  expect(await world.cleanupRow(cid)).toMatchObject({ status: 'cancelled' });
}

describe('a re-order', () => {
  it('while the close was only seen costs nothing: the order stays handled', async () => {
    const world = await closed();
    await world.order(cid);
    expect(await world.orderRow(cid)).toMatchObject({ status: 'handled' });
    await expectKept(world);
  });

  it('while the close was only seen, found by the second look before its event, costs nothing', async () => {
    const world = await closed();
    world.chain.block((block) => block.set(cid, {}));
    await world.mine(10);
    await world.once(world.cleanup());
    expect(await world.orderRow(cid)).toMatchObject({ status: 'handled' });
    await expectKept(world);
  });

  it('in the grace opens the order, and the file is found held', async () => {
    const world = await confirmed();
    await world.order(cid);
    expect(await world.orderRow(cid)).toMatchObject({ status: 'new' });
    await world.once(world.sealUpdater());
    expect(await world.orderRow(cid)).toMatchObject({ status: 'handled' });
    await expectKept(world);
  });

  it('in the grace, found by the last read before its event, opens the order', async () => {
    const world = await confirmed();
    world.chain.block((block) => block.set(cid, {}));
    await world.mine(14_400);
    await world.once(world.cleanup());
    expect(await world.orderRow(cid)).toMatchObject({ status: 'new' });
    await expectKept(world);
  });

  it.each([
    ['the bot knows of its block', async (world: HeldWorld) => await world.noteHead()],
    ['the bot has not heard of its block', async () => undefined],
  ])('in the grace that the last read misses is waited for while its event is not read and %s', async (_, heard) => {
    const world = await confirmed();
    await world.mine(14_400);
    world.indexesEvents = false;
    world.chain.block((block) => block.order(cid));
    await heard(world);
    conceal(world);
    const running = await world.start(world.cleanup({ coordinator: true }));
    for (let second = 0; second < 65; second += 1) await running.after(SECOND_MS);
    expect([world.deletions, world.coordinator.told]).toEqual([[], []]);
    expect(world.conditions.has('cleanup-events')).toBe(true);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
    await running.stop();
    world.chain.readsOf = (reads) => reads;
    world.indexesEvents = true;
    await world.order(cid);
    await expectKept(world);
    expect(world.conditions.has('cleanup-events')).toBe(false);
  });

  it('would be among the events of the last blocks: the deletion waits for them, not for its next round', async () => {
    const world = await confirmed();
    world.indexesEvents = false;
    await world.mine(14_400);
    const looks = countLooks(world);
    const running = await world.start(world.cleanup());
    for (let second = 0; second < 20; second += 1) await running.after(SECOND_MS);
    expect([world.deletions, looks()]).toEqual([[], 1]);
    world.indexesEvents = true;
    await world.noteHead();
    await running.after(SECOND_MS);
    expect([world.deletions, looks()]).toEqual([[cid], 1]);
  });

  it('that the last read misses is waited for when the gap with its events opens meanwhile', async () => {
    const { world, running } = await waitingForAReorder();
    await openGap(world, world.chain.head);
    await moveCursor(world, world.chain.head);
    await running.after(SECOND_MS);
    expect(world.deletions).toEqual([]);
    expect(await world.orderRow(cid)).toMatchObject({ status: 'closed' });
  });

  it('that the last read misses, and whose event comes meanwhile, stays open', async () => {
    const { world, running } = await waitingForAReorder();
    await world.index(cid);
    await moveCursor(world, world.chain.head);
    await running.after(SECOND_MS);
    expect(world.deletions).toEqual([]);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'cancelled' });
    expect(await world.orderRow(cid)).toMatchObject({ status: 'new' });
  });

  it('that the second look misses while its event is not read is waited for: the close stays seen', async () => {
    const world = await closed();
    await world.mine(9);
    world.indexesEvents = false;
    world.chain.block((block) => block.order(cid));
    await world.noteHead();
    conceal(world);
    const running = await world.start(world.cleanup({ graceBlocks: 0 }));
    for (let second = 0; second < 90; second += 1) await running.after(SECOND_MS);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'seen' });
    await world.index(cid);
    await moveCursor(world, world.chain.head);
    await running.after(roundMs);
    expect(world.deletions).toEqual([]);
    expect(await world.orderRow(cid)).toMatchObject({ status: 'handled' });
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'cancelled' });
  });

  it('may be among events that are hours behind: many closes wait for them once a round, not once a batch', async () => {
    const world = await closed();
    const seen = { status: 'seen', cause: 'event', seen_block: 1, created_ms: 0, updated_ms: 0 };
    for (let index = 0; index < 300; index += 1) await world.row('cleanup_record', { ...seen, cid: cidOf(index) });
    await world.mine(9);
    world.indexesEvents = false;
    await world.mine(1);
    const looks = countLooks(world);
    const running = await world.start(world.cleanup());
    for (let second = 0; second < 65; second += 1) await running.after(SECOND_MS);
    expect(looks()).toBe(1);
  });

  it('behind a look from before the machine, clocks and all, stood still is looked for anew', async () => {
    const world = await confirmed();
    await world.mine(14_400);
    world.indexesEvents = false;
    world.chain.mine(1);
    const running = await world.start(world.cleanup());
    const looked = world.chain.head;
    world.chain.mine(5000);
    world.chain.block((block) => block.set(cid, {}));
    world.chain.mine(9000);
    await moveCursor(world, looked + 254);
    await running.after(SECOND_MS);
    expect(world.deletions).toEqual([]);
  });

  it('that the last read misses is waited for when the gap with its events opens in the last moment', async () => {
    const world = await confirmed();
    await world.mine(14_400);
    const begin = world.cleanups.beginDelete.bind(world.cleanups);
    world.cleanups.beginDelete = async (...args) => {
      await openGap(world, world.chain.head);
      return await begin(...args);
    };
    await world.once(world.cleanup());
    expect(world.deletions).toEqual([]);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
  });

  it('in a gap is left to the walk: the second look does not wait for it, as the walk may wait for the look', async () => {
    const world = await closed();
    const { seen_block: seenBlock } = await world.cleanupRow(cid);
    await openGap(world, seenBlock + 1);
    await world.mine(10);
    await world.once(world.cleanup());
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
    expect(await world.orderRow(cid)).toMatchObject({ status: 'closed' });
  });

  it('while the database keeps the deletion waiting is looked for anew', async () => {
    const world = await confirmed();
    await world.mine(14_400);
    const begin = world.cleanups.beginDelete.bind(world.cleanups);
    world.cleanups.beginDelete = async (...args) => {
      const begun = await begin(...args);
      world.clock.stepWall(120_000);
      return begun;
    };
    await world.once(world.cleanup());
    expect(world.deletions).toEqual([]);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed', deleted_block: null });
    world.cleanups.beginDelete = begin;
    await world.once(world.cleanup());
    expect(world.deletions).toEqual([cid]);
  });

  it('on a machine that slept while events were waited for is looked for anew', async () => {
    const world = await confirmed();
    world.indexesEvents = false;
    await world.mine(14_400);
    const running = await world.start(world.cleanup());
    const { chain } = world;
    world.indexesEvents = true;
    await world.noteHead();
    chain.mine(1000);
    chain.block((block) => block.set(cid, {}));
    world.clock.stepWall(3_600_000);
    await running.after(SECOND_MS);
    expect(world.deletions).toEqual([]);
    await world.noteHead();
    await running.after(roundMs);
    expect(world.deletions).toEqual([]);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'cancelled' });
  });

  it('in the grace that the last read misses is waited for while events after the close are in a gap', async () => {
    const world = await confirmed();
    const { seen_block: seenBlock } = await world.cleanupRow(cid);
    await world.mine(14_400);
    await openGap(world, seenBlock + 1);
    await world.once(world.cleanup());
    expect(world.deletions).toEqual([]);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
    await closeGaps(world);
    await world.once(world.cleanup());
    expect(world.deletions).toEqual([cid]);
  });

  it('would have been after the close: a gap before it holds no deletion back', async () => {
    const world = await confirmed();
    const { seen_block: seenBlock } = await world.cleanupRow(cid);
    await world.mine(14_400);
    await openGap(world, seenBlock);
    await world.once(world.cleanup());
    expect(world.deletions).toEqual([cid]);
  });

  it('between the last read and the deletion is seen by the guarded move', async () => {
    const world = await confirmed();
    await world.mine(14_400);
    let reordered: Promise<void> | undefined;
    world.chain.readsOf = (reads) => {
      // The event indexer sees the re-order while the answer that the order is absent is on its way.
      reordered = world.order(cid);
      return reads;
    };
    await world.once(world.cleanup());
    await reordered;
    expect(world.deletions).toEqual([]);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'cancelled' });
  });

  it('while sWorker deletes waits: the order is new and decided as not held when the deletion is through', async () => {
    const world = await confirmed();
    await world.mine(14_400);
    let reordered: Promise<void> | undefined;
    world.transport.before = (route) => {
      if (route === '/storage/delete') reordered = world.order(cid);
    };
    world.transport.after = () => undefined;
    const running = await world.start(world.cleanup());
    await reordered;
    await running.after(roundMs);
    expect(world.deletions).toEqual([cid]);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'done' });
    expect(await world.orderRow(cid)).toMatchObject({ status: 'new' });
    expect(await world.pinRow(cid)).toMatchObject({ status: 'removed' });
  });

  it('while a deletion is not answered cancels it when it comes back to confirmed', async () => {
    const world = await confirmed();
    await world.mine(14_400);
    world.transport.before = (route) => {
      if (route === '/storage/delete') throw new Error('socket closed');
    };
    const reorder = world.cleanups.putBack.bind(world.cleanups);
    world.cleanups.putBack = async (...args) => {
      expect(await world.cleanupRow(cid)).toMatchObject({ status: 'deleting' });
      await world.order(cid);
      expect(await world.cleanupRow(cid)).toMatchObject({ status: 'deleting' });
      return await reorder(...args);
    };
    await world.once(world.cleanup());
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'cancelled' });
    world.transport.before = () => undefined;
    expect(await world.orderRow(cid)).toMatchObject({ status: 'new' });
    await expectKept(world);
  });

  it('while the process was down in a deletion cancels it at the start', async () => {
    const world = await confirmed();
    await world.update('cleanup_record', cid, { status: 'deleting' });
    await world.order(cid);
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'deleting' });
    world.chain.syncing = true;
    await world.once(world.cleanup());
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'cancelled' });
    world.chain.syncing = false;
    await expectKept(world);
  });

  it('after the deletion is a new order', async () => {
    const world = await confirmed();
    await world.mine(14_400);
    await world.once(world.cleanup());
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'done' });
    await world.order(cid);
    expect(await world.orderRow(cid)).toMatchObject({ status: 'new' });
    await world.once(world.sealUpdater());
    expect(await world.orderRow(cid)).toMatchObject({ status: 'new' });
  });

  it('after a cancelled cleanup changes nothing, and a later close begins another one', async () => {
    const world = await closed();
    await world.order(cid);
    await world.order(cid);
    await world.close(cid);
    expect(await world.count('cleanup_record', { cid, status: 'cancelled' })).toBe(1);
    expect(await world.count('cleanup_record', { cid, status: 'seen' })).toBe(1);
    await world.mine(10);
    await world.once(world.cleanup({ graceBlocks: 0 }));
    expect(world.deletions).toEqual([cid]);
  });
});

describe('a deletion that the last process left unanswered', () => {
  it('has to prove the close once more', async () => {
    const world = await confirmed();
    await world.mine(14_400);
    await world.update('cleanup_record', cid, { status: 'deleting' });
    world.chain.syncing = true;
    const running = await world.start(world.cleanup());
    expect(await world.cleanupRow(cid)).toMatchObject({ status: 'confirmed' });
    expect(world.deletions).toEqual([]);
    world.chain.syncing = false;
    await running.after(15_000);
    expect(world.deletions).toEqual([cid]);
  });
});

async function moved(
  from: CleanupStatus,
  to: CleanupStatus,
): Promise<{ move: Promise<boolean>; status: CleanupStatus }> {
  const world = await heldWorld();
  await world.row('cleanup_record', {
    cid,
    status: from,
    cause: 'event',
    seen_block: 1,
    created_ms: 0,
    updated_ms: 0,
  });
  const move = world.database.write('claim', async (tx) =>
    guardedMove<CleanupStatus>(tx, { table: 'cleanup_record', moves: cleanupMoves, id: 1, from, to }),
  );
  await move.catch(() => undefined);
  return { move, status: (await world.cleanupRow(cid)).status };
}

const nothingMore = { sizeBytes: 0, isProven: true, deletedBlock: null };

describe('the moves of a cleanup', () => {
  const everyMove = cleanupStatuses.flatMap((from) => cleanupStatuses.map((to) => [from, to] as const));

  it.each(everyMove.filter(([from, to]) => cleanupMoves[from].includes(to)))('%s → %s is allowed', async (from, to) => {
    const { move, status } = await moved(from, to);
    expect(await move).toBe(true);
    expect(status).toBe(to);
  });

  it.each(everyMove.filter(([from, to]) => !cleanupMoves[from].includes(to)))(
    '%s → %s is refused',
    async (from, to) => {
      const { move, status } = await moved(from, to);
      expect(await failure(move)).toMatchObject({ code: 'MOVE_REFUSED' });
      expect(status).toBe(from);
    },
  );

  it.each(cleanupStatuses)('nothing but its own state lets a cleanup that is %s go on', async (status) => {
    const world = await heldWorld();
    await world.heldOrder(cid);
    await world.row('cleanup_record', { cid, status, cause: 'event', seen_block: 1, created_ms: 0, updated_ms: 0 });
    const key = { text: cid, position: 0 };
    const cleanup = { id: 1, cid, seenBlock: 1, seenEndPoint: null, attempts: 0, ...nothingMore };
    const { cleanups } = world;
    const went = {
      confirm: await cleanups.confirm(cleanup, key, { atBlock: world.chain.head, graceBlocks: 0 }, 1),
      delete: await cleanups.beginDelete({ ...cleanup, id: 2 }, key, { atBlock: 20, maxPercentPerDay: 5 }, 1),
    };
    expect(went).toEqual({ confirm: status === 'seen', delete: 'moved' });
  });

  it.each(cleanupStatuses.filter((status) => status !== 'deleting'))(
    'one that is %s is neither finished nor put back',
    async (status) => {
      const world = await heldWorld();
      await world.heldOrder(cid);
      await world.row('cleanup_record', { cid, status, cause: 'event', seen_block: 1, created_ms: 0, updated_ms: 0 });
      const cleanup = { id: 1, cid, seenBlock: 1, seenEndPoint: null, attempts: 0, ...nothingMore };
      const retry = { lookBlock: 0, attempts: 1, detail: '', isUndone: true };
      expect(await world.cleanups.putBack(cleanup, { text: cid, position: 0 }, retry, 1)).toBe('moved');
      await world.cleanups.finish(cleanup, '', 1);
      expect(await world.pinRow(cid)).toMatchObject({ status: 'sealed' });
      expect(await world.cleanupRow(cid)).toMatchObject({ status });
    },
  );
});
