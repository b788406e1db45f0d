import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { DAY_MS, MIB, SECOND_MS } from '../../../src/domain/units.ts';
import { ReportReader } from '../../../src/telemetry/report-reader.ts';
import { TelemetryWorld } from '../../support/telemetry-world.ts';
import { crustAddress, least, load } from '../config/load.ts';
import { inputs } from './inputs.ts';

const dated = { atBlock: 5, atMs: 6 };
const group = { ...dated, owner: 'cTowner', members: ['a', 'b', 'c'], ownIndex: 2, trouble: null };

async function reading(world: TelemetryWorld, config?: Config): Promise<ReportReader> {
  const standard = (await load(least)).config;
  const { overview, tally, conditions, clock } = world;
  return new ReportReader({ config: config ?? standard, version: '2.0.0', overview, tally, conditions, clock });
}

/** A world in which sWorker was seen, and everything that decisions need. */
async function seenWorld(): Promise<TelemetryWorld> {
  const world = await TelemetryWorld.open();
  await world.setFact('workload', { ...dated, ...inputs.workload });
  await world.setFact('group', group);
  await world.setFact('active-nodes', { ...dated, count: 1200 });
  return world;
}

describe('the figures of the report', () => {
  it('count pulls and deletions of the last 24 hours by status, without files that were only found', async () => {
    const world = await seenWorld();
    const nowMs = world.clock.nowMs();
    for (const status of ['running', 'failed', 'failed', 'sealed', 'sealed', 'sealed'])
      await world.pin({ status, sizeBytes: MIB, updatedMs: nowMs - DAY_MS });
    await world.pin({ status: 'interrupted', sizeBytes: 7, updatedMs: nowMs });
    await world.pin({ status: 'sealed', cause: 'found', sizeBytes: 7, updatedMs: nowMs });
    await world.pin({ status: 'sealed', sizeBytes: 7, updatedMs: nowMs - DAY_MS - 1 });
    await world.cleanup('done', nowMs - DAY_MS);
    await world.cleanup('done', nowMs - DAY_MS - 1);
    await world.cleanup('confirmed', nowMs);
    expect(await (await reading(world)).read()).toMatchObject({
      pins: { runningCount: 1, failedCount: 2, sealedCount: 3, sealedBytes: 3 * MIB },
      deletedCount: 1,
    });
  });

  it('count as pending what may be pulled, of sources that are pulled from', async () => {
    const world = await seenWorld();
    const counted = [
      { status: 'queued', verdict: 'take', sizeBytes: 1 },
      { status: 'waiting', verdict: 'no-space', sizeBytes: 2 },
      { status: 'waiting', verdict: 'few-replicas', sizeBytes: 4 },
      { status: 'new', sizeBytes: 8 },
    ];
    for (const order of counted) await world.order(order);
    await world.order({ status: 'waiting', verdict: 'dice', sizeBytes: 16 });
    await world.order({ status: 'handled', verdict: 'take', sizeBytes: 32 });
    await world.order({ status: 'pulling', verdict: 'take', sizeBytes: 64 });
    await world.order({ status: 'queued', verdict: 'take', class: 'db', sizeBytes: 128 });
    const onlyNew = await load({ ...least, scheduler: { strategy: { newFilesWeight: 100 } } });
    expect((await (await reading(world, onlyNew.config)).read())?.queue).toEqual({ count: 4, sizeBytes: 15 });
    expect((await (await reading(world)).read())?.queue).toEqual({ count: 5, sizeBytes: 143 });
  });

  it('leave new orders out while nothing can be decided', async () => {
    const world = await TelemetryWorld.open();
    await world.setFact('workload', { ...dated, ...inputs.workload });
    await world.order({ status: 'new', sizeBytes: 8 });
    expect((await (await reading(world)).read())?.queue).toEqual({ count: 0, sizeBytes: 0 });
  });

  it('tell the account, the group and the time since the start', async () => {
    const world = await seenWorld();
    const reader = await reading(world);
    await world.clock.advance(1500);
    expect(await reader.read()).toMatchObject({
      account: crustAddress,
      version: '2.0.0',
      uptimeSeconds: 1500 / SECOND_MS,
      workload: inputs.workload,
      group: { owner: 'cTowner', members: 3, ownIndex: 2 },
      hasSealCoordinator: false,
    });
    await world.setFact('group', { ...group, trouble: 'not-a-member', ownIndex: -1 });
    expect(await reader.read()).toMatchObject({ group: undefined });
  });

  it('are none while sWorker is away or was never seen', async () => {
    const never = await TelemetryWorld.open();
    expect(await (await reading(never)).read()).toBeUndefined();
    const world = await seenWorld();
    world.conditions.raise('outage:workload', { kind: 'outage', part: 'sworker', message: 'away' });
    const reader = await reading(world);
    expect(await reader.read()).toBeUndefined();
    world.conditions.clear('outage:workload');
    expect(await reader.read()).toBeDefined();
  });
});
