import { describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { cidOf, decideWorld, headBlock, signal } from '../../support/decide-world.ts';

const limits = { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 40, maxReplicas: 100 };
const few = {
  status: 'waiting',
  verdict: 'few-replicas',
  class: 'db',
  replicas: 3,
  expiry_block: headBlock + 2_000_000,
};

describe('a look that comes by time', () => {
  it('reads the order again and decides by what was read', async () => {
    const world = await decideWorld({ limits });
    const more = await world.add({ cid: cidOf('more'), ...few, look_block: headBlock, look_count: 2 });
    const same = await world.add({ cid: cidOf('same'), ...few, look_block: headBlock - 5, look_count: 2 });
    const later = await world.add({ cid: cidOf('later'), ...few, look_block: headBlock + 1, look_count: 2 });
    world.chain.set(cidOf('more'), { replicas: 41 });
    await world.bot.looks.round(signal);
    expect(world.asked.flat().map((key) => key.text)).toEqual([cidOf('same'), cidOf('more')]);
    expect(await world.order(more)).toMatchObject({
      status: 'queued',
      verdict: 'take',
      lookBlock: null,
      revise: false,
    });
    expect(await world.order(same)).toMatchObject({
      verdict: 'few-replicas',
      lookBlock: headBlock + 2400,
      lookCount: 3,
    });
    expect(await world.order(later)).toMatchObject({ lookBlock: headBlock + 1, lookCount: 2 });
  });

  it('lets a queued order be picked again once its back-off has passed', async () => {
    const world = await decideWorld();
    const id = await world.add({
      cid: cidOf('a'),
      status: 'queued',
      verdict: 'take',
      attempts: 2,
      look_block: headBlock - 1,
    });
    await world.bot.looks.round(signal);
    expect(await world.order(id)).toMatchObject({ status: 'queued', lookBlock: null, attempts: 2 });
  });

  it('comes at the turn of waiting and queued orders alike', async () => {
    const world = await decideWorld({ limits });
    const order = { success_block: headBlock - 432_000, expiry_block: headBlock + 100_000, replicas: 50 };
    const waiting = await world.add({
      cid: cidOf('waiting'),
      ...order,
      status: 'waiting',
      verdict: 'dice',
      turn_block: headBlock,
    });
    const queued = await world.add({
      cid: cidOf('queued'),
      ...order,
      status: 'queued',
      verdict: 'take',
      turn_block: headBlock,
    });
    await world.bot.looks.round(signal);
    for (const id of [waiting, queued]) {
      expect(await world.order(id)).toMatchObject({ status: 'waiting', verdict: 'expiring', orderClass: 'db' });
    }
  });

  it('is the last for 30 days when nothing changed', async () => {
    const world = await decideWorld();
    const id = await world.add({ cid: cidOf('a'), status: 'queued', verdict: 'take', turn_block: headBlock });
    await world.set(id, { calculated_block: headBlock, expiry_block: headBlock + 3_000_000, success_block: null });
    await world.bot.looks.round(signal);
    expect((await world.order(id)).turnBlock).toBe(headBlock + 432_000);
    await world.bot.looks.round(signal);
    expect(world.asked).toHaveLength(1);
  });

  it('fails no order by itself', async () => {
    const world = await decideWorld();
    const id = await world.add({ cid: cidOf('a'), status: 'queued', verdict: 'take', attempts: 4, turn_block: 1 });
    await world.bot.looks.round(signal);
    expect(await world.order(id)).toMatchObject({ status: 'queued', attempts: 4 });
  });
});

describe('a look that finds no order', () => {
  it('decides nothing, closes nothing, keeps it from being picked and asks again an hour later', async () => {
    const world = await decideWorld({ limits });
    const queued = await world.add({ cid: cidOf('a'), status: 'queued', verdict: 'take', turn_block: headBlock });
    const waiting = await world.add({ cid: cidOf('b'), ...few, look_block: headBlock, look_count: 1 });
    world.chain.set(cidOf('a'), null).set(cidOf('b'), null);
    await world.bot.looks.round(signal);
    await world.bot.looks.round(signal);
    expect(world.asked).toHaveLength(1);
    expect(await world.order(queued)).toMatchObject({ status: 'queued', lookBlock: headBlock + 600 });
    expect(await world.order(waiting)).toMatchObject({ status: 'waiting', lookBlock: headBlock + 600, lookCount: 1 });
    await world.setHead(headBlock + 600);
    world.chain.clear();
    await world.bot.looks.round(signal);
    expect(await world.order(queued)).toMatchObject({ status: 'queued', lookBlock: null });
  });
});

describe('while the chain cannot be read', () => {
  it('looks wait and nothing is changed by them', async () => {
    const world = await decideWorld({ limits });
    const id = await world.add({ cid: cidOf('a'), ...few, look_block: headBlock, look_count: 1 });
    world.gate.chainAway = new SmError('CHAIN_UNREACHABLE', 'no end point answers');
    await expect(world.bot.looks.round(signal)).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' });
    expect(await world.order(id)).toMatchObject({ verdict: 'few-replicas', lookBlock: headBlock, lookCount: 1 });
  });

  it('new orders are still decided', async () => {
    const world = await decideWorld();
    const id = await world.add({ cid: cidOf('a') });
    world.gate.chainAway = new SmError('CHAIN_UNREACHABLE', 'no end point answers');
    await world.bot.task.round(signal);
    expect((await world.order(id)).status).toBe('queued');
  });
});
