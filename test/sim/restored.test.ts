import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { closeOnChain } from '../../devnet/demo/endings.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/units.ts';
import { listBackups } from '../../src/store/backups/backup-folder.ts';
import { restoreDatabase } from '../../src/store/backups/restore.ts';
import { newWorld } from '../support/sim/new-world.ts';
import { quickRules } from '../support/sim/sim-options.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

/** A block stands for ten: a week is 10,080 of them. What the bot counts in blocks is configured shorter by as much. */
const blockMs = MINUTE_MS;
const weekBlocks = 10_080;
const dayOfHours = 24;
const dayHours = 2.4;
const leapHours = 3;
const mostHours = 10 * dayOfHours;
/** What the database of that day knows: held to the end, ordered again, closed in the week, closing already, and being pulled. */
const known = ['stays', 'reordered', 'closes', 'closing', 'pulling'] as const;
/** Unknown to it: ordered in the week and held, closed after the restart, or closed while no bot ran. */
const ofTheWeek = ['week', 'closesLater', 'closedAway'] as const;
type Names = (typeof known)[number] | (typeof ofTheWeek)[number];

interface Week {
  readonly world: SimWorld;
  readonly cids: Readonly<Record<Names, string>>;
  /** The automatic one of the first day. */
  readonly backup: string;
  readonly pullsAtBackup: ReadonlyMap<string, number>;
}

async function allSealed(world: SimWorld, cids: readonly string[]): Promise<void> {
  await world.runUntil('all sealed', () => cids.every((cid) => world.sworker.files.find(cid)?.state === 'valid'), 60);
}

/** Hours of which the bot sees the end of each third one: its timers come late, as on a machine that slept. */
async function pass(world: SimWorld, hours: number): Promise<void> {
  for (let left = hours; left > 0; left -= leapHours) {
    await world.leapMs(Math.min(left, leapHours) * HOUR_MS);
    await world.runMs(10 * SECOND_MS);
  }
}

async function passUntil(world: SimWorld, what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let hours = 0; hours < mostHours; hours += leapHours) {
    if (await condition()) return;
    await pass(world, leapHours);
  }
  throw new Error(`not within ${mostHours} hours: ${what}`);
}

/** Lives until the first backup and for a week on, and stops. */
async function livedOn(keepBlocks: number): Promise<Week> {
  const world = await newWorld({
    keepBlocks,
    blockMs,
    rules: quickRules,
    config: { cleanup: { graceHours: dayHours }, indexer: { scanIntervalHours: dayHours } },
  });
  const cid = (): string => world.cids.ours();
  const cids = {
    stays: world.order({ cid: cid() }),
    reordered: world.order({ cid: cid() }),
    closes: world.order({ cid: cid() }),
    closing: world.order({ cid: cid() }),
    pulling: cid(),
    week: cid(),
    closesLater: cid(),
    closedAway: cid(),
  };
  world.startBot();
  await allSealed(world, [cids.closing]);
  closeOnChain(world.chain, cids.closing);
  await world.run(15);
  // Too slow to be there before the backup.
  world.order({ cid: cids.pulling, sizeBytes: 40_000_000, file: { bytesPerSecond: 20_000 } });
  const isBackedUp = async (): Promise<boolean> => (await listBackups(world.config.dataDir)).length > 0;
  await world.runUntil('backed up', isBackedUp, 30);
  const pullsAtBackup = new Map(world.watch.pullsBegun);
  const [backup] = await listBackups(world.config.dataDir);
  // Somebody keeps it elsewhere: the bot's own are of the last days.
  const kept = path.join(path.dirname(world.config.dataDir), 'of-last-week.sqlite');
  await copyFile(backup?.file ?? '', kept);
  expect(await world.statusOf(cids.closing)).toBe('closed');
  expect(world.watch.pulling).toEqual([cids.pulling]);

  await allSealed(world, [cids.pulling, cids.closes]);
  world.order({ cid: cids.reordered });
  closeOnChain(world.chain, cids.closes);
  await pass(world, 2 * dayOfHours);
  for (const name of ofTheWeek) world.order({ cid: cids[name] });
  await pass(world, 5 * dayOfHours);
  expect([...world.watch.deletions].sort()).toEqual([cids.closes, cids.closing].sort());
  expect(await world.broken({ isSettled: true })).toEqual([]);
  expect(await world.stopBot()).toBe(0);
  closeOnChain(world.chain, cids.closedAway);
  await world.leapMs(HOUR_MS);
  return { world, cids, backup: kept, pullsAtBackup };
}

/** Goes back to the backup, starts, and lives until all that closed is closed; returns what the bot let go of. */
async function restored({ world, cids, backup, pullsAtBackup }: Week): Promise<{ lettingGo: readonly string[] }> {
  const before = world.watch.lettingGo.length;
  await restoreDatabase({
    dataDir: world.config.dataDir,
    file: backup,
    account: world.config.chain.account.address,
    genesisHash: world.chain.history.at(0)?.hash,
    atMs: world.clock.nowMs(),
    signal: new AbortController().signal,
  });
  const [cursor] = await world.rows<{ block: number }>(
    "SELECT content ->> 'block' AS block FROM config WHERE name = 'event-cursor'",
  );
  expect(world.chain.finalized.number - (cursor?.block ?? 0)).toBeGreaterThan(weekBlocks);
  // The records of later pulls are gone with the database that had them; whatever is begun from here on counts.
  world.watch.pullsBegun.clear();
  for (const [cid, pulls] of pullsAtBackup) world.watch.pullsBegun.set(cid, pulls);
  world.startBot();
  // Two walks must miss an order whose close was not seen, and a third one when these are many.
  await passUntil(world, 'all closed', async () => {
    const statuses = await world.statuses();
    return [cids.closes, cids.closing].every((cid) => statuses.get(cid) === 'closed');
  });
  // An order that became known after its file was listed is held with the next full list.
  await pass(world, leapHours);
  return { lettingGo: world.watch.lettingGo.slice(before).map(({ cid }) => cid) };
}

describe.each([
  { what: 'by the events of all its blocks', keepBlocks: 20_000, isPruned: false },
  { what: 'by walks, its blocks being pruned', keepBlocks: 256, isPruned: true },
])('A database of a week ago, restored, catches up $what', ({ keepBlocks, isPruned }) => {
  test('and nothing that lives is deleted or pulled again, and what is held is found', async () => {
    const week = await livedOn(keepBlocks);
    const { world, cids, pullsAtBackup } = week;
    const { lettingGo } = await restored(week);
    const live = [cids.stays, cids.reordered, cids.pulling, cids.week, cids.closesLater];
    for (const cid of live) {
      expect(await world.statusOf(cid)).toBe('handled');
      expect(world.sworker.files.find(cid)?.state).toBe('valid');
      expect(await world.ipfs.pinType(cid)).toBe('recursive');
    }
    expect(lettingGo.filter((cid) => live.includes(cid))).toEqual([]);
    expect([...world.watch.pullsBegun]).toEqual([...pullsAtBackup]);
    expect(await world.rows('SELECT reason FROM gap')).toEqual(isPruned ? [{ reason: 'pruned' }] : []);

    const [report] = await world.rows<{ content: string }>("SELECT content FROM config WHERE name = 'held-report'");
    expect(JSON.parse(report?.content ?? '{}')).toMatchObject({ withoutOrder: isPruned ? 1 : 0 });

    // What closes from now on goes its usual way, though its pull is not remembered.
    closeOnChain(world.chain, cids.closesLater);
    await passUntil(world, 'deleted', async () => world.watch.deletions.includes(cids.closesLater));
    // Closed before it, so its grace is over too. Its order is known by its events alone: where these are gone, the file is one without any order,
    // which is reported and left alone.
    expect(world.watch.deletions.includes(cids.closedAway)).toBe(!isPruned);
    expect(world.sworker.files.find(cids.closesLater)).toBeUndefined();
    expect(await world.broken({ isSettled: true })).toEqual([]);
    expect(await world.stopBot()).toBe(0);
  });
});
