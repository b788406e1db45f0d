import { describe, expect, it } from 'vitest';
import { pullWorld, type PullWorld } from '../../support/pull-world.ts';

interface Busy {
  readonly world: PullWorld;
  /** How often sWorker was asked about a CID. */
  readonly askedAbout: (cid: string) => number;
}

/** One slot, ten pulls that ended at once, and the eleventh, `r10`, under way; `r11` to `r29` are queued behind it. */
async function busy(): Promise<Busy> {
  const world = await pullWorld();
  for (let index = 0; index < 30; index += 1) await world.add(`r${index}`, { reward: 100 - index });
  const asked: string[] = [];
  const { sworker } = world;
  world.ipfs.answers = (cid) => {
    if (Number(cid.slice(1)) >= 10) return undefined;
    sworker.hold(cid);
    return { kind: 'pinned' };
  };
  world.start(
    { maxPendingTasks: 1 },
    {
      sworker: {
        fileInfo: async (cid) => {
          asked.push(cid);
          return await sworker.fileInfo(cid);
        },
        pendingFiles: async () => await sworker.pendingFiles(),
        endSeal: async (cid) => await sworker.endSeal(cid),
      },
    },
  );
  await world.until(() => world.ipfs.open.length === 1);
  await world.idle();
  expect(openCids(world)).toEqual(['r10']);
  return { world, askedAbout: (cid) => asked.filter((each) => each === cid).length };
}

function openCids(world: PullWorld): readonly string[] {
  return world.ipfs.open.map((call) => call.cid);
}

async function end(world: PullWorld, cid: string): Promise<void> {
  world.sworker.hold(cid);
  world.ipfs.call(cid).pinned();
  await world.reaches(cid, 'handled');
}

describe('orders asked about ahead of their slots', () => {
  it('are those that come next, as many as slots are freed fast, and start without another question', async () => {
    const { world, askedAbout } = await busy();
    expect(['r11', 'r29'].map(askedAbout)).toEqual([1, 0]);
    expect(await world.records('r11')).toEqual([]);
    await end(world, 'r10');
    await world.until(() => world.ipfs.open.length === 1);
    expect(openCids(world)).toEqual(['r11']);
    expect(askedAbout('r11')).toBe(1);
  });

  it('are asked about again when that was seconds ago', async () => {
    const { world, askedAbout } = await busy();
    await world.pass(5000, 5000);
    await end(world, 'r10');
    await world.until(() => world.ipfs.open.length === 1);
    expect(openCids(world)).toEqual(['r11']);
    expect(askedAbout('r11')).toBe(2);
  });

  it('are not pulled by what was known before their row changed', async () => {
    const { world, askedAbout } = await busy();
    await world.set('r11', { read_block: 4_999_995 });
    await world.set('r12', { status: 'closed' });
    await end(world, 'r10');
    await world.until(() => world.ipfs.open.length === 1);
    expect(openCids(world)).toEqual(['r13']);
    await world.pass(5000, 5000);
    await end(world, 'r13');
    await world.until(() => world.ipfs.open.length === 1);
    expect(openCids(world)).toEqual(['r11']);
    expect(askedAbout('r11')).toBe(2);
  });

  it('are none while slots are freed once in a while', async () => {
    const world = await pullWorld();
    for (const cid of ['a', 'b', 'c']) await world.add(cid);
    let asked = 0;
    const fileInfo = world.sworker.fileInfo.bind(world.sworker);
    world.sworker.fileInfo = async (cid) => {
      asked += 1;
      return await fileInfo(cid);
    };
    world.start({ maxPendingTasks: 1 });
    await world.until(() => world.ipfs.open.length === 1);
    await end(world, openCids(world)[0] ?? '');
    await world.pass(10_000, 5000);
    // Before and after the first, before the second.
    expect(asked).toBe(3);
  });
});
