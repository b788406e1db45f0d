import { describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/units.ts';
import { pullWorld } from '../../support/pull-world.ts';

describe('a full disk', () => {
  it('ends no running pull, whatever of its progress cannot be written, starts none, and makes no pin anew', async () => {
    const world = await pullWorld();
    await world.add('a');
    const task = world.start();
    await world.idle();
    const write = world.database.write.bind(world.database);
    let isFull = true;
    world.database.write = async (priority, work) => {
      // The world's own look whether all is at rest is the one bulk write here.
      if (isFull && priority !== 'bulk') throw new SmError('DISK_FULL', 'the database answered SQLITE_FULL');
      return await write(priority, work);
    };
    world.ipfs.call('a').progress(1);
    world.sworker.seal('a', 10);
    await world.pass(10 * MINUTE_MS, 30_000);
    expect(world.conditions.away('disk')).toBe(true);
    expect(world.ipfs.open).toHaveLength(1);
    world.sworker.files.delete('a');
    world.ipfs.call('a').pinned();
    await world.until(() => task.runningCount === 0);
    // That its pin is made anew could not be written down, so it is not.
    expect([world.ipfs.calls.length, world.ipfs.removed]).toEqual([1, []]);
    isFull = false;
    await world.add('b');
    await world.pass(60_000, 5000);
    expect(await world.order('a')).toMatchObject({ status: 'pulling', attempts: 0 });
    expect((await world.records('a')).map(({ end_reason: reason }) => reason)).toEqual(['disk-full', null]);
    expect(world.ipfs.open.map((call) => call.cid)).toEqual(['a', 'b']);
    expect(world.conditions.list()).toEqual([]);
  });

  it('keeps the ends of pulls in memory, starts none, and writes them down when it can', async () => {
    const world = await pullWorld();
    const { pulls } = world.store;
    const end = pulls.end.bind(pulls);
    let isFull = true;
    pulls.end = async (ending) => {
      if (isFull) throw new SmError('DISK_FULL', 'the database answered SQLITE_FULL');
      return await end(ending);
    };
    await world.add('a');
    const task = world.start();
    await world.idle();
    world.sworker.hold('a');
    world.ipfs.call('a').pinned();
    await world.until(() => world.conditions.away('disk'));
    await world.add('b');
    await world.pass(HOUR_MS, MINUTE_MS);
    expect(world.ipfs.calls).toHaveLength(1);
    expect(task.runningCount).toBe(0);
    isFull = false;
    await world.pass(30_000, 5000);
    expect((await world.order('a')).status).toBe('handled');
    expect(world.ipfs.open.map((call) => call.cid)).toEqual(['b']);
    expect(world.conditions.list()).toEqual([]);
  });
});
