import { describe, expect, it, vi } from 'vitest';
import { Judge } from '../../../src/decide/judge.ts';
import { listStanding } from '../../../src/store/decidable-orders.ts';
import { cidOf, decideWorld, groupOwner, headBlock, signal } from '../../support/decide-world.ts';

const paid = { expiry_block: headBlock + 2_000_000, replicas: 50 };

const decidedAgain = async (judge: Judge, id: number) => (await judge.decideAgain([{ id }]))?.get(id);

describe('an order decided again at the pick', () => {
  it('is decided by its present row, and nothing is stored', async () => {
    const world = await decideWorld();
    const id = await world.add({ cid: cidOf('a'), ...paid, status: 'queued', verdict: 'take' });
    expect(await decidedAgain(world.bot.judge, id)).toMatchObject({ verdict: 'take', decidedBlock: headBlock });
    await world.set(id, { replicas: 200 });
    expect(await decidedAgain(world.bot.judge, id)).toEqual({
      verdict: 'many-replicas',
      inputs: { replicas: 200 },
      orderClass: 'db',
      draw: expect.any(Number),
      lookBlock: null,
      turnBlock: headBlock + 432_000,
      basisId: 1,
      decidedBlock: headBlock,
    });
    expect(await world.order(id)).toMatchObject({ status: 'queued', verdict: 'take', decidedBlock: null });
  });

  it('is put off by few replicas as by the first such verdict', async () => {
    const limits = { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 60, maxReplicas: 0 };
    const world = await decideWorld({ limits });
    const id = await world.add({ cid: cidOf('a'), ...paid, status: 'queued', verdict: 'take' });
    expect(await decidedAgain(world.bot.judge, id)).toMatchObject({
      verdict: 'few-replicas',
      lookBlock: headBlock + 300,
    });
  });

  it('has no decision when there is no such order or nothing can be decided', async () => {
    const world = await decideWorld();
    expect(await decidedAgain(world.bot.judge, 77)).toBeUndefined();
    const id = await world.add({ cid: cidOf('a') });
    await world.setGroup({ trouble: 'not-a-member' });
    expect(await decidedAgain(world.restarted().judge, id)).toBeUndefined();
  });

  it('looks at the facts again after some seconds', async () => {
    const world = await decideWorld();
    const id = await world.add({ cid: cidOf('a'), ...paid });
    expect(await decidedAgain(world.bot.judge, id)).toMatchObject({ verdict: 'take' });
    await world.setHead(headBlock + 3_000_000);
    expect(await decidedAgain(world.bot.judge, id)).toMatchObject({ verdict: 'take' });
    await world.clock.advance(10_000);
    expect(await decidedAgain(world.bot.judge, id)).toMatchObject({ verdict: 'expired' });
  });
});

describe('the verdict of a lost file', () => {
  it('is what it would be if the file were not held', async () => {
    const world = await decideWorld();
    const id = await world.add({
      cid: cidOf('a'),
      ...paid,
      status: 'handled',
      group_hold: 2,
      group_owner: groupOwner,
    });
    expect(await world.bot.judge.verdictOf(id, { heldHere: true })).toBe('group-has-it');
    expect(await world.bot.judge.verdictOf(id, { heldHere: false })).toBe('take');
    expect((await world.order(id)).status).toBe('handled');
  });
});

describe('changes that are written', () => {
  it('take transactions that a claim can wait for, of fewer rows on a slow disk', async () => {
    const limits = { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 0, maxReplicas: 0 };
    const world = await decideWorld({ limits });
    const ids: number[] = [];
    for (let file = 0; file < 600; file++) ids.push(await world.add({ cid: cidOf(file), ...paid }));
    await world.bot.task.round(signal);
    const { keeper } = world.restarted({ limits: { ...limits, maxReplicas: 40 } });
    const ground = await keeper.ground();
    if (typeof ground === 'string') throw new Error(ground);
    let nowMs = 0;
    const judge = new Judge({ database: world.database, keeper, clock: { monotonicMs: () => (nowMs += 32) } });
    const orders = await world.database.read(async (reader) => await listStanding(reader, ids));
    const changes = await judge.changes(orders, 'change', ground);
    const write = vi.spyOn(world.database, 'write');
    const joined: number[] = [];
    const andThen = async (): Promise<void> => void joined.push(write.mock.calls.length);
    expect(await judge.write(changes, ground, andThen)).toBe(600);
    expect(await Promise.all(write.mock.results.map(async ({ value }) => await value))).toEqual([
      200, 100, 50, 50, 50, 50, 50, 50,
    ]);
    expect(joined).toEqual([8]);
  });
});
