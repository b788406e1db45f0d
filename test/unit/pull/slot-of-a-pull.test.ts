import { describe, expect, it, onTestFinished } from 'vitest';
import { pullWorld, type PullWorld } from '../../support/pull-world.ts';

interface Asked {
  readonly cid: string;
  /** sWorker answers. */
  readonly answer: () => void;
}

/** Queued orders `f0`, `f1`, … and an sWorker whose answers about pinned files the test gives, one by one. */
async function silentSworker(orders: number): Promise<{ readonly world: PullWorld; readonly asked: Asked[] }> {
  const world = await pullWorld();
  for (let index = 0; index < orders; index += 1) await world.add(`f${index}`, { reward: 100 - index });
  const asked: Asked[] = [];
  const fileInfo = world.sworker.fileInfo.bind(world.sworker);
  world.sworker.fileInfo = async (cid) => {
    if (world.ipfs.calls.some((call) => call.cid === cid))
      await new Promise<void>((answer) => asked.push({ cid, answer }));
    return await fileInfo(cid);
  };
  onTestFinished(() => asked.forEach(({ answer }) => answer()));
  return { world, asked };
}

function open(world: PullWorld): readonly string[] {
  return world.ipfs.open.map((call) => call.cid).sort();
}

describe('the slot of a pull', () => {
  it('is free once the daemon has answered, before sWorker says what it has', async () => {
    const { world, asked } = await silentSworker(2);
    world.start({ maxPendingTasks: 1 });
    await world.until(() => open(world).includes('f0'));
    world.sworker.hold('f0');
    world.ipfs.call('f0').pinned();
    await world.until(() => open(world).includes('f1'));
    expect((await world.order('f0')).status).toBe('pulling');
    expect(asked.map(({ cid }) => cid)).toEqual(['f0']);
    asked[0]?.answer();
    await world.reaches('f0', 'handled');
    expect(open(world)).toEqual(['f1']);
  });

  it('is left by no more than half of them while sWorker does not answer', async () => {
    const { world, asked } = await silentSworker(12);
    world.start({ maxPendingTasks: 5 });
    // Four slots for small orders, and three pulls that leave theirs.
    for (let pinned = 0; pinned < 7; pinned += 1) {
      await world.until(() => open(world).length > 0);
      const [cid = ''] = open(world);
      world.sworker.hold(cid);
      world.ipfs.call(cid).pinned();
    }
    await world.until(() => asked.length === 7);
    await world.pass(30_000, 5000);
    expect(world.ipfs.calls).toHaveLength(7);
    asked[0]?.answer();
    await world.until(() => open(world).length === 1);
  });

  it('is given to a pull that has to pin once more before it is given to any other', async () => {
    const { world, asked } = await silentSworker(3);
    world.start({ maxPendingTasks: 1 });
    await world.until(() => open(world).includes('f0'));
    world.ipfs.call('f0').pinned();
    await world.until(() => open(world).includes('f1') && asked.length === 1);
    // Nothing was sealed: the pin is to be made again, but `f1` has the slot.
    asked[0]?.answer();
    await world.idle();
    expect(world.ipfs.removed).toEqual([]);
    world.sworker.hold('f1');
    world.ipfs.call('f1').pinned();
    await world.until(() => asked.length === 2);
    asked[1]?.answer();
    await world.until(() => asked.length === 3);
    asked[2]?.answer();
    await world.until(() => open(world).includes('f0'));
    await world.idle();
    expect(open(world)).toEqual(['f0']);
    expect(world.ipfs.removed).toEqual(['f0']);
    expect((await world.order('f2')).status).toBe('queued');
  });

  it('is not waited for by a pull that is to end', async () => {
    const { world, asked } = await silentSworker(2);
    world.start({ maxPendingTasks: 1 });
    await world.until(() => open(world).includes('f0'));
    world.ipfs.call('f0').pinned();
    await world.until(() => open(world).includes('f1') && asked.length === 1);
    asked[0]?.answer();
    await world.idle();
    await world.stop();
    for (const cid of ['f0', 'f1']) {
      expect((await world.order(cid)).status).toBe('queued');
      expect(await world.records(cid)).toMatchObject([{ status: 'interrupted', end_reason: 'stopped' }]);
    }
    expect(world.ipfs.removed).toEqual([]);
  });

  it('is no stall of a pull that waits for one', async () => {
    const { world, asked } = await silentSworker(2);
    world.start({ maxPendingTasks: 1, stallMs: 60_000 });
    await world.until(() => open(world).includes('f0'));
    world.ipfs.call('f0').pinned();
    await world.until(() => open(world).includes('f1') && asked.length === 1);
    asked[0]?.answer();
    await world.idle();
    for (let minute = 0; minute < 5; minute += 1) {
      world.ipfs.call('f1').progress(minute + 1);
      await world.pass(60_000);
    }
    expect(await world.records('f0')).toMatchObject([{ status: 'running' }]);
    world.sworker.hold('f1');
    world.ipfs.call('f1').pinned();
    await world.until(() => asked.length === 2);
    asked[1]?.answer();
    await world.until(() => asked.length === 3);
    asked[2]?.answer();
    await world.until(() => open(world).includes('f0'));
  });
});

describe('a pin', () => {
  it('is not taken away when sWorker has the file as it is asked again', async () => {
    const { world, asked } = await silentSworker(1);
    world.start({ maxPendingTasks: 1 });
    await world.until(() => open(world).includes('f0'));
    world.ipfs.call('f0').pinned();
    await world.until(() => asked.length === 1);
    asked[0]?.answer();
    await world.until(() => asked.length === 2);
    world.sworker.hold('f0');
    asked[1]?.answer();
    await world.reaches('f0', 'handled');
    expect(world.ipfs.removed).toEqual([]);
    expect(world.ipfs.calls).toHaveLength(1);
  });
});
