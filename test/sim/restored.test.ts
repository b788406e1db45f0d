import { describe, expect, test } from 'vitest';
import { listBackups } from '../../src/store/backups/backup-folder.ts';
import { restoreDatabase } from '../../src/store/backups/restore.ts';
import { newWorld } from '../support/sim/new-world.ts';
import { quickRules } from '../support/sim/sim-options.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

/** As the walks are apart here: a day of the usual settings. */
const dayBlocks = 600;
const minutesToBackup = 25;
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

async function allSealed(world: SimWorld, cids: readonly string[], within: number): Promise<void> {
  await world.runUntil(
    'all sealed',
    () => cids.every((cid) => world.sworker.files.find(cid)?.state === 'valid'),
    within,
  );
}

/** Lives until the first backup and for some days on, and stops. */
async function livedOn(keepBlocks: number): Promise<Week> {
  const world = await newWorld({
    keepBlocks,
    rules: { ...quickRules, fileDurationBlocks: 60 },
    config: { cleanup: { graceHours: 1 }, indexer: { scanIntervalHours: 1 } },
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
  await world.run(180);
  world.calculate(cids.closing);
  // Too slow to be there before the backup.
  world.order({ cid: cids.pulling, sizeBytes: 20_000_000, file: { bytesPerSecond: 20_000 } });
  await world.runUntil(
    'backed up',
    async () => (await listBackups(world.config.dataDir)).length > 0,
    minutesToBackup * 10,
  );
  const pullsAtBackup = new Map(world.watch.pullsBegun);
  const [backup] = await listBackups(world.config.dataDir);
  expect(await world.statusOf(cids.closing)).toBe('closed');
  expect(world.watch.pulling).toEqual([cids.pulling]);

  await allSealed(world, [cids.pulling], 300);
  world.order({ cid: cids.reordered });
  world.calculate(cids.closes);
  for (const name of ofTheWeek) world.order({ cid: cids[name] });
  await world.run(1.5 * dayBlocks);
  expect([...world.watch.deletions].sort()).toEqual([cids.closes, cids.closing].sort());
  expect(await world.broken({ isSettled: true })).toEqual([]);
  expect(await world.stopBot()).toBe(0);
  world.calculate(cids.closedAway);
  await world.run(10);
  return { world, cids, backup: backup?.file ?? '', pullsAtBackup };
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
  // The records of later pulls are gone with the database that had them; whatever is begun from here on counts.
  world.watch.pullsBegun.clear();
  for (const [cid, pulls] of pullsAtBackup) world.watch.pullsBegun.set(cid, pulls);
  world.startBot();
  // Two walks must miss an order whose close was not seen, and a third one when these are many.
  const areClosed = async (): Promise<boolean> => {
    const statuses = await world.statuses();
    return [cids.closes, cids.closing].every((cid) => statuses.get(cid) === 'closed');
  };
  await world.runUntil('all closed', areClosed, 4 * dayBlocks);
  // An order that became known after its file was listed is held with the next full list, half an hour later.
  await world.run(320);
  return { lettingGo: world.watch.lettingGo.slice(before).map(({ cid }) => cid) };
}

describe.each([
  { what: 'by the events of all its blocks', keepBlocks: 20_000, isPruned: false },
  { what: 'by walks, its blocks being pruned', keepBlocks: 256, isPruned: true },
])('A database of days ago, restored, catches up $what', ({ keepBlocks, isPruned }) => {
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
    world.calculate(cids.closesLater);
    await world.runUntil('deleted', () => world.watch.deletions.includes(cids.closesLater), dayBlocks + 60);
    expect(world.watch.deletions).toContain(cids.closesLater);
    // Closed before it, so its grace is over too. Its order is known by its events alone: where these are gone, the file is one without any order,
    // which is reported and left alone.
    expect(world.watch.deletions.includes(cids.closedAway)).toBe(!isPruned);
    expect(world.sworker.files.find(cids.closesLater)).toBeUndefined();
    expect(await world.broken({ isSettled: true })).toEqual([]);
    expect(await world.stopBot()).toBe(0);
  });
});
