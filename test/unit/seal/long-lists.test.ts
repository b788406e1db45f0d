import { describe, expect, it, vi } from 'vitest';
import { cidOf, heldWorld, type HeldWorld } from '../../support/held-world.ts';

const fullRoundMs = 31 * 60_000;
const validRoute = '/file/info_by_type?type=valid';

async function holding(files: number): Promise<HeldWorld> {
  const world = await heldWorld();
  world.sworker.preload(Array.from({ length: files }, (_, index) => ({ cid: cidOf(index), sizeBytes: 1 + index })));
  return world;
}

function listOf(world: HeldWorld): string {
  const files = world.sworker.files.list('valid');
  return `{${files.map(({ cid, sizeBytes }) => `"${cid}":{"size":${sizeBytes}}`).join(',')}}`;
}

describe('a list longer than a slice', () => {
  it('is held against all tables: records, orders of every status, credit', async () => {
    const world = await holding(2500);
    for (const [index, status] of (['waiting', 'failed', 'closed'] as const).entries()) {
      await world.knownOrder(cidOf(1200 * index), status);
    }
    const running = await world.start(world.sealUpdater());
    expect(await world.count('pin_record', { status: 'sealed' })).toBe(2500);
    expect(await world.count('file_record', { status: 'handled' })).toBe(2);
    expect(await world.count('cleanup_record', { status: 'seen', cause: 'found' })).toBe(1);
    expect(await world.facts.find('held-report')).toMatchObject({ held: 2500, withoutOrder: 2497, missingAtOnce: 0 });
    for (const index of [3, 1234, 2499]) world.sworker.files.held.delete(cidOf(index));
    await running.after(fullRoundMs);
    await running.after(fullRoundMs);
    expect(await world.count('pin_record', { status: 'removed' })).toBe(3);
    expect(await world.count('pin_record', { status: 'sealed', missed_rounds: 0 })).toBe(2497);
  });

  it('that is cut behind some slices is no full round, and nothing is gone by it', async () => {
    const world = await holding(2500);
    const task = world.sealUpdater();
    world.transport.before = (route) => (route === validRoute ? listOf(world).slice(0, -20) : undefined);
    const running = await world.start(task);
    expect(task.heldFilesKnown()).toBe(false);
    expect(await world.facts.find('held-report')).toBeUndefined();
    world.transport.before = () => undefined;
    await running.after(fullRoundMs);
    expect(task.heldFilesKnown()).toBe(true);
    world.transport.before = (route) => (route === validRoute ? listOf(world).slice(0, 40_000) : undefined);
    for (let round = 0; round < 3; round += 1) await running.after(fullRoundMs);
    expect(await world.count('pin_record', { status: 'sealed', missed_rounds: 0 })).toBe(2500);
  });

  it('may name a file twice, far apart: it gets one record', async () => {
    const world = await holding(1500);
    const twice = `${listOf(world).slice(0, -1)},${listOf(world).slice(1)}`;
    world.transport.before = (route) => (route === validRoute ? twice : undefined);
    await world.once(world.sealUpdater());
    expect(await world.count('pin_record', {})).toBe(1500);
  });

  it('writes nothing when nothing has changed', async () => {
    const world = await holding(1500);
    await world.knownOrder(cidOf(7), 'waiting');
    const running = await world.start(world.sealUpdater());
    const write = vi.spyOn(world.database, 'write');
    await running.after(fullRoundMs);
    // The report of the round itself is all that is kept.
    expect(write.mock.calls.map(([priority]) => priority)).toEqual(['event']);
  });
});

describe('missing files that are asked about by name', () => {
  it('are none of them gone when sWorker fails between two answers', async () => {
    const world = await holding(200);
    const running = await world.start(world.sealUpdater());
    for (const index of [1, 100, 150]) world.sworker.files.held.delete(cidOf(index));
    await running.after(fullRoundMs);
    let asked = 0;
    world.transport.before = (route) => {
      if (!route.startsWith('/file/info?')) return;
      asked += 1;
      if (asked === 3) throw new Error('socket closed');
    };
    await running.after(fullRoundMs);
    expect(asked).toBe(3);
    expect(await world.count('pin_record', { status: 'removed' })).toBe(0);
    world.transport.before = () => undefined;
    await running.after(fullRoundMs);
    expect(await world.count('pin_record', { status: 'removed' })).toBe(3);
  });
});
