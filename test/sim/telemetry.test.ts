import { describe, expect, test } from 'vitest';
import { toAddress } from '../../devnet/chain/accounts.ts';
import { programVersion } from '../../src/runtime/version.ts';
import { newWorld } from '../support/sim/new-world.ts';
import { quickRules } from '../support/sim/sim-options.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

const mib = 1024 ** 2;

/** A bot with something in every field of the report: sealed, lost, failed, running, queued and deleted files. */
async function busy(): Promise<SimWorld> {
  const world = await newWorld({
    hasTelemetry: true,
    hasCoordinator: true,
    rules: { ...quickRules, fileDurationBlocks: 60 },
    config: {
      cleanup: { graceHours: 0 },
      pull: { maxAttempts: 1, stallMinutes: 5 },
      scheduler: { maxPendingTasks: 2, minFileSize: 0.5, maxFileSize: 4000, maxReplicas: 90 },
    },
  });
  const cids = [0, 1, 2].map(() => world.order({ cid: world.cids.ours(), sizeBytes: 2 * mib }));
  world.order({ cid: world.cids.ours(), sizeBytes: 2 * mib, file: { stallAfterBytes: mib } });
  world.startBot();
  await world.run(170);
  world.calculate(cids[0] ?? '');
  await world.run(25);
  world.sworker.loseFiles(cids.slice(1, 2));
  // The first report comes five minutes after a start, the next ones every hour.
  expect(await world.stopBot()).toBe(0);
  world.startBot();
  return world;
}

describe('The telemetry report', () => {
  test('tells what the bot is and does, field by field', async () => {
    const world = await busy();
    world.order({ cid: world.cids.ours(), sizeBytes: 3 * mib, tipsPico: 10n ** 13n, file: { bytesPerSecond: 1000 } });
    world.order({ cid: world.cids.ours(), sizeBytes: 5 * mib });
    await world.runUntil('the pull runs', () => world.watch.pulling.length > 0, 10);
    const before = world.telemetry.reports.length;
    await world.runUntil('reported', () => world.telemetry.reports.length > before, 60);
    const { account, groupOwner, members } = world.network;
    const workload = { valid: world.sworker.files.list('valid'), pending: [...world.sworker.files.pending.values()] };
    expect(world.telemetry.reports.at(-1)).toEqual({
      chainAccount: toAddress(account),
      smangerInfo: {
        version: programVersion(),
        uptime: expect.any(Number),
        schedulerConfig: {
          strategy: { dbFilesWeight: 50, newFilesWeight: 50 },
          minSrdRatio: 30,
          maxPendingTasks: 2,
          minFileSize: 0.5,
          maxFileSize: 4000,
          minReplicas: 0,
          maxReplicas: 90,
        },
      },
      pinStats: { sealingCount: 1, failedCount: 1, sealedCount: 1, sealedSize: 2 },
      sworker: {
        files: {
          lost: { num: 1, size: 2 * mib },
          pending: { num: workload.pending.length, size: expect.any(Number) },
          valid: { num: workload.valid.length, size: 2 * mib },
        },
        srd: {
          srd_complete: 2000,
          srd_remaining_task: 0,
          disk_available_for_srd: expect.any(Number),
          disk_available: expect.any(Number),
          disk_volume: 4000,
          sys_disk_available: 500,
          srd_volumn_count: 1,
        },
      },
      groupInfo: { groupAccount: toAddress(groupOwner), totalMembers: 3, nodeIndex: members.indexOf(account) },
      queueStats: { pendingCount: 1, pendingSizeTotal: 5 },
      cleanupStats: { deletedCount: 1 },
      hasSealCoordinator: true,
    });
  });

  test.each([
    ['down', (world: SimWorld) => void (world.telemetry.isReachable = false)],
    ['answering 500', (world: SimWorld) => void (world.telemetry.status = 500)],
    [
      'slow',
      (world: SimWorld) => void (world.desk.chooseFault = ({ part }) => (part === 'telemetry' ? 'delayed' : undefined)),
    ],
    [
      'breaking off',
      (world: SimWorld) => void (world.desk.chooseFault = ({ part }) => (part === 'telemetry' ? 'half' : undefined)),
    ],
  ])('to a receiver that is %s changes nothing else', async (_what, breakIt) => {
    const world = await newWorld({ hasTelemetry: true });
    breakIt(world);
    world.startBot();
    const cids: string[] = [];
    for (let block = 0; block < 60; block += 10) {
      cids.push(world.order({ cid: world.cids.ours() }));
      await world.run(10);
    }
    expect(world.desk.counts.get('telemetry POST report')).toBe(1);
    const statuses = await world.statuses();
    for (const cid of cids) expect(statuses.get(cid)).toBe('handled');
    const [row] = await world.rows<{ content: string }>("SELECT content FROM config WHERE name = 'conditions'");
    expect(JSON.parse(row?.content ?? '{}')).toMatchObject({ ready: true, list: [] });
    expect(world.endings).toEqual([]);
    expect(await world.stopBot()).toBe(0);
  });
});
