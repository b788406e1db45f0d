import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../src/domain/units.ts';
import { pullWorld, type PullWorld } from '../../support/pull-world.ts';

/** A world in which a pull has begun to walk. */
async function pulling(): Promise<PullWorld> {
  const world = await pullWorld();
  await world.add('a');
  world.start();
  await world.until(() => world.ipfs.open.length === 1);
  world.ipfs.call('a').progress(5);
  await world.pass(MINUTE_MS, 30_000);
  return world;
}

describe('a daemon that answers nothing while its pulls run', () => {
  it('is an outage within two polls, and no other pull starts', async () => {
    const world = await pulling();
    expect(world.conditions.list()).toEqual([]);
    world.ipfs.isAway = true;
    await world.add('b');
    await world.pass(MINUTE_MS, 30_000);
    expect(world.conditions.list()).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ name: 'outage:pull-poll', kind: 'outage', part: 'ipfs' })]),
    );
    expect(world.ipfs.open.map(({ cid }) => cid)).toEqual(['a']);
  });

  it('costs them no attempt when they stall', async () => {
    const world = await pulling();
    world.ipfs.isAway = true;
    await world.pass(31 * MINUTE_MS, 30_000);
    expect(await world.order('a')).toMatchObject({ status: 'queued', attempts: 0 });
    expect(await world.records('a')).toMatchObject([{ status: 'interrupted', end_reason: 'connection-lost' }]);
    world.ipfs.isAway = false;
    await world.pass(MINUTE_MS, 5000);
    expect(world.conditions.list()).toEqual([]);
    expect(world.ipfs.open.map(({ cid }) => cid)).toEqual(['a']);
  });

  it('is not asked as long as one of them is heard of', async () => {
    const world = await pulling();
    let asked = 0;
    world.ipfs.version = async () => {
      asked += 1;
      return await Promise.resolve('0.8.0');
    };
    for (let poll = 0; poll < 10; poll += 1) {
      world.ipfs.call('a').progress(5);
      await world.pass(30_000);
    }
    expect(asked).toBe(0);
    await world.pass(MINUTE_MS, 30_000);
    expect(asked).toBe(2);
  });
});
