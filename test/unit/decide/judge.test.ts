import { describe, expect, it } from 'vitest';
import type { Judge } from '../../../src/decide/judge.ts';
import { cidOf, decideWorld, groupOwner, headBlock } from '../../support/decide-world.ts';

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
