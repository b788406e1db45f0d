import { describe, expect, test } from 'vitest';
import { newWorld } from '../support/sim/new-world.ts';
import { quickRules } from '../support/sim/sim-options.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

async function coordinated(): Promise<SimWorld> {
  return await newWorld({
    hasCoordinator: true,
    rules: { ...quickRules, fileDurationBlocks: 60 },
    config: { cleanup: { graceHours: 0 } },
  });
}

describe('The seal coordinator', () => {
  test('that grants is asked once for each pull, and told before a file is deleted', async () => {
    const world = await coordinated();
    const cid = world.order({ cid: world.cids.ours() });
    world.startBot();
    await world.run(170);
    expect(world.coordinator.requests).toEqual([`POST ${cid}`]);
    expect([...world.coordinator.granted]).toEqual([cid]);
    world.calculate(cid);
    await world.run(30);
    expect(world.watch.deletions).toEqual([cid]);
    expect(world.coordinator.requests).toEqual([`POST ${cid}`, `DELETE ${cid}`]);
    expect(world.coordinator.granted.size).toBe(0);
    expect(await world.rows('SELECT 1 FROM coordinator_mark')).toEqual([]);
  });

  test('that says skipFile keeps an order waiting until it is ordered again', async () => {
    const world = await coordinated();
    world.coordinator.reasonFor = () => 'skipFile';
    const cid = world.order({ cid: world.cids.ours() });
    world.startBot();
    await world.run(100);
    expect(await world.statusOf(cid)).toBe('waiting coordinator');
    expect(world.coordinator.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
    world.coordinator.reasonFor = undefined;
    world.order({ cid });
    await world.run(10);
    expect(await world.statusOf(cid)).toBe('handled');
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('that fails an order is asked again, later each time', async () => {
    const world = await coordinated();
    const askedAtBlock: number[] = [];
    world.coordinator.reasonFor = () => {
      askedAtBlock.push(world.head);
      return 'failed';
    };
    world.order({ cid: world.cids.ours() });
    world.startBot();
    await world.run(250);
    const waits = askedAtBlock.map((block, index) => block - (askedAtBlock[index - 1] ?? block)).slice(1);
    expect(waits.length).toBeGreaterThanOrEqual(2);
    expect(waits[0]).toBeGreaterThanOrEqual(50);
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('that disables pulls holds them all for half an hour and stores nothing on orders', async () => {
    const world = await coordinated();
    world.coordinator.reasonFor = () => 'pullDisabled';
    const cids = [world.order({ cid: world.cids.ours() }), world.order({ cid: world.cids.ours() })];
    world.startBot();
    await world.run(10);
    world.coordinator.reasonFor = undefined;
    await world.run(280);
    for (const cid of cids) expect(await world.statusOf(cid)).toBe('queued');
    expect(world.watch.pullsBegun.size).toBe(0);
    await world.run(30);
    for (const cid of cids) expect(await world.statusOf(cid)).toBe('handled');
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('that is away lets no pull and no cleanup begin', async () => {
    const world = await coordinated();
    const closed = world.order({ cid: world.cids.ours() });
    world.startBot();
    await world.run(170);
    world.coordinator.isReachable = false;
    world.calculate(closed);
    const cid = world.order({ cid: world.cids.ours() });
    await world.run(60);
    expect(await world.statusOf(cid)).toBe('queued');
    expect(world.watch.deletions).toEqual([]);
    expect(world.sworker.files.find(closed)?.state).toBe('valid');
    world.coordinator.isReachable = true;
    await world.run(80);
    expect(await world.statusOf(cid)).toBe('handled');
    expect(world.watch.deletions).toEqual([closed]);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('that refuses the token ends the process with 78', async () => {
    const world = await newWorld({
      hasCoordinator: true,
      config: { sealCoordinator: { authToken: 'another-token' } },
    });
    world.startBot();
    await world.run(3);
    expect(world.endings).toMatchObject([{ exitCode: 78, error: { code: 'COORDINATOR_UNAUTHORIZED' } }]);
    expect(JSON.stringify(world.logger.lines)).not.toContain('another-token');
  });
});
