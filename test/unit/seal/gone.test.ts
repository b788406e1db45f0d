import { describe, expect, it } from 'vitest';
import { atOnceLimit } from '../../../src/seal/at-once.ts';
import { cidOf, heldWorld, type HeldWorld } from '../../support/held-world.ts';

const fullRoundMs = 31 * 60_000;

async function holding(files: number): Promise<HeldWorld> {
  const world = await heldWorld();
  for (let index = 0; index < files; index += 1) await world.heldOrder(cidOf(index));
  return world;
}

function vanish(world: HeldWorld, ...cids: string[]): void {
  for (const cid of cids) world.sworker.files.held.delete(cid);
}

describe('files gone from sWorker without our doing', () => {
  it('are believed gone after two rounds; their orders are decided anew', async () => {
    const world = await holding(10);
    const running = await world.start(world.sealUpdater());
    vanish(world, cidOf(3));
    await running.after(fullRoundMs);
    expect(await world.pinRow(cidOf(3))).toMatchObject({ status: 'sealed', missed_rounds: 1 });
    expect(await world.orderRow(cidOf(3))).toMatchObject({ status: 'handled' });
    await running.after(fullRoundMs);
    expect(await world.pinRow(cidOf(3))).toMatchObject({ status: 'removed' });
    expect(await world.orderRow(cidOf(3))).toMatchObject({ status: 'new', gone_count: 1, verdict: null });
    expect(await world.count('pin_record', { status: 'sealed' })).toBe(9);
  });

  it('are waited for by nobody the second time, until the next FileSuccess', async () => {
    const world = await holding(10);
    await world.update('file_record', cidOf(3), { gone_count: 1 });
    await world.update('file_record', cidOf(4), { gone_count: 1 });
    await world.order(cidOf(4));
    const running = await world.start(world.sealUpdater());
    vanish(world, cidOf(3), cidOf(4));
    await running.after(fullRoundMs);
    await running.after(fullRoundMs);
    expect(await world.orderRow(cidOf(3))).toMatchObject({
      status: 'waiting',
      verdict: 'removed-by-hand',
      gone_count: 2,
    });
    expect(await world.orderRow(cidOf(4))).toMatchObject({ status: 'new', gone_count: 1 });
  });

  it('missing from one round only are not gone', async () => {
    const world = await holding(10);
    const running = await world.start(world.sealUpdater());
    const file = world.sworker.files.held.get(cidOf(3));
    if (file === undefined) throw new Error('not preloaded');
    vanish(world, cidOf(3));
    await running.after(fullRoundMs);
    world.sworker.files.held.set(cidOf(3), file);
    await running.after(fullRoundMs);
    vanish(world, cidOf(3));
    await running.after(fullRoundMs);
    expect(await world.pinRow(cidOf(3))).toMatchObject({ status: 'sealed', missed_rounds: 1 });
  });

  it('are not gone while sWorker knows them by name', async () => {
    const world = await holding(10);
    world.transport.before = (route) => (route.endsWith('type=valid') ? validList(world, cidOf(3)) : undefined);
    const running = await world.start(world.sealUpdater());
    await running.after(fullRoundMs);
    await running.after(fullRoundMs);
    expect(await world.pinRow(cidOf(3))).toMatchObject({ status: 'sealed' });
    expect(await world.orderRow(cidOf(3))).toMatchObject({ status: 'handled' });
  });

  it('many at once are a fault of sWorker: nothing is done about them, and it is said', async () => {
    const world = await holding(10);
    const running = await world.start(world.sealUpdater());
    vanish(world, ...[0, 1, 2, 3, 4].map(cidOf));
    for (let round = 0; round < 4; round += 1) await running.after(fullRoundMs);
    expect(await world.count('pin_record', { status: 'sealed' })).toBe(10);
    expect(await world.count('file_record', { status: 'handled' })).toBe(10);
    expect(world.conditions.has('files-missing')).toBe(true);
    expect(world.conditions.ready).toBe(true);
    expect(await world.facts.find('held-report')).toMatchObject({ missingAtOnce: 5 });
    expect(world.said('error')).toHaveLength(1);
  });

  it('one fewer is believed, and the condition ends', async () => {
    const world = await holding(10);
    const running = await world.start(world.sealUpdater());
    vanish(world, ...[0, 1, 2, 3].map(cidOf));
    await running.after(fullRoundMs);
    await running.after(fullRoundMs);
    expect(await world.count('file_record', { status: 'new' })).toBe(4);
    expect(world.conditions.has('files-missing')).toBe(false);
  });

  it('an empty list of a sWorker that has just started changes nothing', async () => {
    const world = await holding(10);
    const running = await world.start(world.sealUpdater());
    world.transport.before = (route) => (route.startsWith('/file/info_by_type') ? '{}' : undefined);
    for (let round = 0; round < 3; round += 1) await running.after(fullRoundMs);
    world.transport.before = () => undefined;
    await running.after(fullRoundMs);
    expect(await world.count('pin_record', { status: 'sealed', missed_rounds: 0 })).toBe(10);
  });

  it('with a closed order only their record ends', async () => {
    const world = await holding(10);
    await world.update('file_record', cidOf(3), { status: 'closed' });
    const running = await world.start(world.sealUpdater());
    vanish(world, cidOf(3));
    await running.after(fullRoundMs);
    await running.after(fullRoundMs);
    expect(await world.pinRow(cidOf(3))).toMatchObject({ status: 'removed' });
    expect(await world.orderRow(cidOf(3))).toMatchObject({ status: 'closed', gone_count: 0 });
  });

  it('while their cleanup deletes them are left to it', async () => {
    const world = await holding(10);
    const cid = cidOf(3);
    await world.update('file_record', cid, { status: 'closed' });
    await world.row('cleanup_record', {
      cid,
      status: 'deleting',
      cause: 'event',
      seen_block: 1,
      created_ms: 0,
      updated_ms: 0,
    });
    const running = await world.start(world.sealUpdater());
    vanish(world, cid);
    await running.after(fullRoundMs);
    await running.after(fullRoundMs);
    expect(await world.pinRow(cid)).toMatchObject({ status: 'sealed' });
  });
});

function validList(world: HeldWorld, without: string): string {
  const files = world.sworker.files.list('valid').filter((file) => file.cid !== without);
  return JSON.stringify(
    Object.fromEntries(files.map((file) => [file.cid, { size: file.sizeBytes, s_size: 1, c_block_num: 1 }])),
  );
}

describe('how many at once', () => {
  it.each([
    [0, 5],
    [100, 5],
    [119, 5],
    [120, 6],
    [400, 20],
    [400_000, 20_000],
  ])('of %i held files: %i', (held, limit) => {
    expect(atOnceLimit(held)).toBe(limit);
  });
});
