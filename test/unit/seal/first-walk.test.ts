import { describe, expect, it } from 'vitest';
import { completeWalk } from '../../support/complete-walk.ts';
import { cidOf, heldWorld } from '../../support/held-world.ts';

describe('files held before the first walk', () => {
  it('are found again when the walk has brought their orders, not half an hour later', async () => {
    const world = await heldWorld();
    const cid = cidOf('held');
    world.sworker.preload([{ cid, sizeBytes: 1024 }]);
    const running = await world.start(world.sealUpdater());
    expect(await world.pinRow(cid)).toMatchObject({ status: 'sealed', cause: 'found' });
    await world.knownOrder(cid, 'waiting', { verdict: 'group-has-it' });
    await world.row('walk', completeWalk);
    await running.after(10_000);
    await running.stop();
    expect(await world.orderRow(cid)).toMatchObject({ status: 'handled' });
    expect(await world.count('pin_record', {})).toBe(1);
  });
});
