import { describe, expect, it } from 'vitest';
import { GIB } from '../../../src/domain/units.ts';
import type { PullTask } from '../../../src/pull/pull-task.ts';
import { head, pullWorld, type PullWorld } from '../../support/pull-world.ts';

interface Busy {
  readonly world: PullWorld;
  readonly task: PullTask;
}

/** Five slots, one kept for large orders: two dozen pulls ended within a moment, `r12` to `r15` are under way, `r16` and `r17` claimed ahead. */
async function busy(options: { readonly coordinator?: boolean } = {}): Promise<Busy> {
  const world = await pullWorld();
  for (let index = 0; index < 24; index += 1) await world.add(`before${index}`, { reward: 200 - index });
  for (let index = 12; index < 20; index += 1) await world.add(`r${index}`, { reward: 100 - index });
  world.ipfs.answers = (cid) => {
    if (!cid.startsWith('before')) return undefined;
    world.sworker.hold(cid);
    return { kind: 'pinned' };
  };
  const task = world.start({ maxPendingTasks: 5 }, options);
  await world.until(() => world.ipfs.open.length === 4);
  await world.idle();
  expect(openCids(world)).toEqual(['r12', 'r13', 'r14', 'r15']);
  expect(await statusesOf(world, ['r15', 'r16', 'r17', 'r18'])).toEqual(['pulling', 'pulling', 'pulling', 'queued']);
  return { world, task };
}

function openCids(world: PullWorld): readonly string[] {
  return world.ipfs.open.map((call) => call.cid).sort();
}

async function statusesOf(world: PullWorld, cids: readonly string[]): Promise<readonly string[]> {
  return await Promise.all(cids.map(async (cid) => (await world.order(cid)).status));
}

async function seal(world: PullWorld, cid: string): Promise<void> {
  world.sworker.hold(cid);
  world.ipfs.call(cid).pinned();
  await world.reaches(cid, 'handled');
}

/** As the cleanup room does it for an order that is `pulling`. */
async function confirmClose(world: PullWorld, cid: string): Promise<void> {
  await world.database.write('event', async (tx) => {
    const seen = { cause: 'event', seen_block: head, created_ms: 0, updated_ms: 0 };
    await tx('cleanup_record').insert({ ...seen, cid, status: 'confirmed' });
  });
}

describe('orders claimed ahead of their slots', () => {
  it('start when a slot is free, before the end that freed it is written down', async () => {
    const { world } = await busy();
    let release = (): void => undefined;
    const held = world.database.write('claim', async () => {
      await new Promise<void>((resolve) => (release = resolve));
    });
    world.sworker.hold('r12');
    world.ipfs.call('r12').pinned();
    await world.until(() => openCids(world).includes('r16'));
    expect(await statusesOf(world, ['r12', 'r16'])).toEqual(['pulling', 'pulling']);
    release();
    await held;
    await world.reaches('r12', 'handled');
    expect(await world.records('r16')).toMatchObject([{ status: 'running' }]);
  });

  it('never take more slots than there are', async () => {
    const { world } = await busy();
    for (const cid of ['r12', 'r13', 'r14', 'r15']) {
      await seal(world, cid);
      expect(world.ipfs.open).toHaveLength(4);
    }
    expect(openCids(world)).toEqual(['r16', 'r17', 'r18', 'r19']);
  });

  it('are queued again without a record when no slot was free soon', async () => {
    const { world } = await busy();
    await world.pass(5000, 5000);
    expect(await statusesOf(world, ['r12', 'r16', 'r17'])).toEqual(['pulling', 'queued', 'queued']);
    for (const cid of ['r16', 'r17']) expect(await world.records(cid)).toEqual([]);
    await seal(world, 'r12');
    expect(openCids(world)).toEqual(['r13', 'r14', 'r15', 'r16']);
  });

  it('are given back at once when no pull may start, and start in a new round', async () => {
    const { world } = await busy();
    world.conditions.raise('gc-hold', { kind: 'wait', part: 'ipfs', message: 'garbage is to be collected' });
    await seal(world, 'r12');
    expect(openCids(world)).toEqual(['r13', 'r14', 'r15']);
    expect(await statusesOf(world, ['r16', 'r17'])).toEqual(['queued', 'queued']);
    world.conditions.clear('gc-hold');
    await seal(world, 'r13');
    expect(openCids(world)).toEqual(['r14', 'r15', 'r16', 'r17']);
  });

  it('leave a slot that is freed to the large order that waits for it', async () => {
    const { world } = await busy();
    for (const cid of ['l0', 'l1']) await world.add(cid, { size_bytes: 6 * GIB });
    await world.clock.advance(1500);
    await seal(world, 'r12');
    expect(openCids(world)).toEqual(['l0', 'l1', 'r13', 'r14', 'r15']);
    await seal(world, 'l0');
    expect(openCids(world)).toEqual(['l1', 'r13', 'r14', 'r15', 'r16']);
  });

  it('keep no order waiting that is queued behind them', async () => {
    const { world, task } = await busy();
    for (const cid of ['r12', 'r13', 'r14', 'r15', 'r16', 'r17', 'r18', 'r19']) {
      await world.until(() => openCids(world).includes(cid));
      await seal(world, cid);
    }
    await world.add('late');
    task.notify();
    await world.until(() => world.ipfs.open.length > 0);
    expect(openCids(world)).toEqual(['late']);
  });

  it('are queued again, without an interruption, when the process stops', async () => {
    const { world } = await busy({ coordinator: true });
    await world.stop();
    expect(await statusesOf(world, ['r12', 'r16', 'r17'])).toEqual(['queued', 'queued', 'queued']);
    expect(await world.records('r12')).toMatchObject([{ status: 'interrupted' }]);
    expect(await world.records('r16')).toEqual([]);
    expect(await world.marks()).toMatchObject({ r16: 'releasing', r17: 'releasing' });
  });

  it('never start, and end closed, when their close was confirmed before a slot was free', async () => {
    const { world } = await busy();
    await confirmClose(world, 'r16');
    await world.pass(600, 600);
    await seal(world, 'r12');
    await world.reaches('r16', 'closed');
    expect(await world.records('r16')).toMatchObject([
      { status: 'interrupted', end_reason: 'closed', counts_as_attempt: 0, blocks: 0 },
    ]);
    await world.until(() => world.ipfs.open.length === 4);
    expect(openCids(world)).toEqual(['r13', 'r14', 'r15', 'r17']);
    expect(world.ipfs.calls.filter(({ cid }) => cid === 'r16')).toEqual([]);
  });

  it('are closed instead of queued when their close was confirmed before they are given back', async () => {
    const { world } = await busy();
    await confirmClose(world, 'r16');
    await world.pass(5000, 5000);
    expect(await statusesOf(world, ['r16', 'r17'])).toEqual(['closed', 'queued']);
    expect(await world.records('r16')).toEqual([]);
  });
});
