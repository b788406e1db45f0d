import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Database } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { cli, writeConfig } from './cli-run.ts';

const half = `0x${'00'.repeat(32)}8000000000000000`;

describe('smanager status in the middle of a walk and a catch-up', () => {
  let options: Awaited<ReturnType<typeof writeConfig>>;

  beforeEach(async () => {
    const folder = await tempDir();
    options = await writeConfig(folder, folder);
    const database = await Database.open(folder);
    onTestFinished(async () => await database.close());
    const nowMs = Date.now();
    const facts = new Facts(database);
    await database.write('event', async (tx) => {
      const blocks = { anchor_block: 5, oldest_page_block: 5, newest_page_block: 5 };
      const counts = { orders: 1_000_000, started_ms: nowMs - 500_000 };
      await tx('walk').insert({
        id: 3,
        status: 'running',
        reason: 'gap',
        reads_all: 1,
        cursor: half,
        ...blocks,
        ...counts,
      });
      // Begun half an hour of work ago, so that the time the test takes changes no figure that it looks at.
      const sinceMs = nowMs - 1_800_000;
      const run = { fromOrders: 100_000, fromShare: 0, orders: 1_000_000, share: 0.5 };
      await facts.set(tx, 'walk-run', { walkId: 3, sinceMs, atMs: nowMs, ...run });
      await facts.set(tx, 'event-cursor', { block: 4_000_000 });
      const behind = { atBlock: 4_000_000, headBlock: 5_000_000, blocksPerSecond: 50 };
      await facts.set(tx, 'event-progress', { ...behind, atMs: nowMs });
    });
  });

  it('tells a person orders, rate and expected end, and blocks behind and rate', async () => {
    const { stdout } = await cli(['status'], options);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^walk {6}#3 running, 50 %, 1,000,000 orders, gap; about 2,000,000 in all, 500 orders\/s, about (30|29) min left$/u,
        ),
        expect.stringMatching(
          /^events {4}indexed to block 4,000,000, 1,000,000 behind, 50 blocks\/s, about 5 h 3\d min left$/u,
        ),
      ]),
    );
  });

  it('tells a program the same in numbers', async () => {
    const beforeMs = Date.now();
    const { stdout } = await cli(['status', '--json'], options);
    const report = JSON.parse(stdout) as { walk: { pace: { expectedEndMs: number } } };
    expect(report).toMatchObject({
      walk: { id: 3, share: 0.5, pace: { ordersPerSecond: 500, expectedOrders: 2_000_000 } },
      catchUp: { blocksBehind: 1_000_000, blocksPerSecond: 50 },
    });
    expect(Math.abs(report.walk.pace.expectedEndMs - beforeMs - 1_800_000)).toBeLessThan(60_000);
  });
});

describe('smanager status of a bot at rest', () => {
  it('tells no pace and no catch-up', async () => {
    const folder = await tempDir();
    await (await Database.open(folder)).close();
    const { stdout } = await cli(['status', '--json'], await writeConfig(folder, folder));
    expect(JSON.parse(stdout)).toMatchObject({ catchUp: null });
    expect(JSON.parse(stdout)).not.toHaveProperty('walk');
  });
});
