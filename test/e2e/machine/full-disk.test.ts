import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BotProcess, runBotCommand } from '../../../devnet/world/bot-process.ts';
import { drawFullPoints, type FullPoint } from '../../support/e2e/full-points.ts';
import type { MachinePlace } from '../../support/e2e/machine-place.ts';
import { Places } from '../../support/e2e/places.ts';
import { HeldDeletion } from '../../support/e2e/held-deletion.ts';
import { oldDatabase } from '../../support/e2e/old-schema.ts';
import { StandingPulls } from '../../support/e2e/standing-pulls.ts';
import { isWithoutSlowDisks, SlowDisk } from '../../support/e2e/slow-disk.ts';
import { isWithoutDisks } from '../../support/e2e/small-disk.ts';
import type { BotHome } from '../../support/e2e/bot-home.ts';
import type { SeededFile } from '../../support/e2e/daemon.ts';
import type { SmallDisk } from '../../support/e2e/small-disk.ts';

const KIB = 1024;
const MIB = 1024 ** 2;
/** CI judges a change and not the draw. */
const seed = Number(process.env['MACHINE_SEED'] ?? (process.env['CI'] ? 1 : Date.now() % 1_000_000));
/** Of each kind so many. */
const pointsOfEach = Number(process.env['MACHINE_POINTS'] ?? 3);
const points = drawFullPoints(seed, pointsOfEach).map((point) => ({
  ...point,
  freeKib: Math.round(point.freeBytes / KIB),
}));
const full = /^DISK_FULL: .*is full \(\w+\): make room, the bot then goes on by itself$/u;
const DATABASE = 'smanager-db.sqlite';
/** The two looks at a close, ten blocks apart, and the deletion take three seconds. */
const HOUR_IN_TWO_MINUTES = { blocks: { kind: 'real', intervalMs: 6000 }, clock: { factor: 30 } } as const;
const withoutGrace = { others: { cleanup: { graceHours: 0 } } } as const;
/** So much takes seconds to be copied on a slow disk. */
const BALLAST_MIB = 8;

/** A database of the first schema on the disk, of this world, with some thousand orders of the past. */
async function withOldDatabase(place: MachinePlace, disk: SmallDisk): Promise<Buffer> {
  const made = await oldDatabase(place.world);
  await copyFile(made, join(disk.seen, DATABASE));
  return await readFile(made);
}

async function inBackups(disk: SmallDisk): Promise<readonly string[]> {
  return await readdir(join(disk.seen, 'backups')).catch((error: { code: string }) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

describe.skipIf(isWithoutDisks)('a data disk that is full', { concurrent: true }, () => {
  let places: Places;

  beforeAll(async () => {
    console.log(`MACHINE_SEED=${seed} MACHINE_POINTS=${pointsOfEach}`);
    places = await Places.open(3);
  });
  afterAll(async () => await places?.close());

  /** A bot, before it comes to where nothing can be written any more. */
  async function begun(
    place: MachinePlace,
    { when, freeBytes }: FullPoint,
  ): Promise<{ home: BotHome; disk: SmallDisk; bot: BotProcess }> {
    const { home, disk } = await place.homeOnDisk({ others: { database: { backups: 0 } } });
    if (when === 'while it works') {
      const bot = await home.start();
      const file = await place.order();
      await disk.leaveFree(freeBytes);
      // It is the customers' writing that fills the disk: what a bot writes without any may take a minute for it.
      place.orderEachBlock(file);
      return { home, disk, bot };
    }
    if (when === 'during a migration') await withOldDatabase(place, disk);
    await disk.leaveFree(freeBytes);
    return { home, disk, bot: home.launch() };
  }

  it.each(points)('$when, $freeKib KiB being free: 75, and goes on when there is room', async (point) => {
    await places.row(async (place) => {
      const { home, disk, bot } = await begun(place, point);
      const { code, said } = await place.ended(bot);
      expect({ code, said }).toEqual({ code: 75, said: expect.stringMatching(full) });
      place.orderNoMore();
      await disk.giveRoom();
      expect(await place.wrongAfterStart(home)).toEqual([]);
    });
  });

  it('before a migration that it wants to back up first: refused, and not a byte is changed', async () => {
    await places.row(async (place) => {
      const { home, disk } = await place.homeOnDisk();
      const before = await withOldDatabase(place, disk);
      await disk.leaveFree(20 * MIB);
      const { code, said } = await place.ended(home.launch());
      expect(code).toBe(78);
      expect(said).toMatch(/^BACKUP_NO_SPACE: .*make room .* or set database\.backups to 0/u);
      expect(before.equals(await readFile(join(disk.seen, DATABASE)))).toBe(true);
      expect(await inBackups(disk)).toEqual([]);
      await disk.giveRoom();
      expect(await place.wrongAfterStart(home)).toEqual([]);
      expect(await inBackups(disk)).toEqual([expect.stringContaining('.schema-1.before-migration.sqlite')]);
    });
  });

  it('before a backup: refused, nothing is left of it, and the bot goes on', async () => {
    await places.row(async (place) => {
      const { home, disk } = await place.homeOnDisk();
      const bot = await home.start();
      await disk.leaveFree(20 * MIB);
      const { code, stderr } = await home.smanager('backup');
      expect(code).toBe(78);
      expect(stderr).toMatch(/needs .* are free/u);
      expect(await inBackups(disk)).toEqual([]);
      expect(await place.wrong(home)).toEqual([]);
      expect((await bot.stop()).code).toBe(0);
    });
  });

  it.skipIf(isWithoutSlowDisks)('in the middle of a backup: refused, and nothing is left of it', async () => {
    await places.row(async (place) => {
      const { home, disk } = await place.homeOnDisk();
      const bot = await home.start();
      expect((await bot.stop()).code).toBe(0);
      await disk.change(home.databaseFile, `INSERT INTO config VALUES ('ballast', zeroblob(${BALLAST_MIB * MIB}))`);
      // Slow, so that there is a middle.
      const { env } = SlowDisk.make(home.dataDir, place.world.dir);
      const copying = place.appears(disk.seen, /partial$/u);
      const options = { configPath: home.configPath, before: disk.before, env };
      const backup = runBotCommand(options, ['backup', join(home.dataDir, 'mine.sqlite')]);
      await copying;
      await disk.leaveFree(MIB / 2);
      expect(await backup).toMatchObject({ code: 78, stderr: expect.stringContaining('the disk was full before') });
      expect((await readdir(disk.seen)).filter((name) => /partial|mine/u.test(name))).toEqual([]);
      await disk.giveRoom();
      expect(await place.wrongAfterStart(home)).toEqual([]);
    });
  });

  it('ends no running pull; its end is kept, written when there is room, and the file is not pulled again', async () => {
    await places.row(async (place) => {
      const { home, disk } = await place.homeOnDisk();
      const pulls = await StandingPulls.order(place, 1);
      const bot = await home.start();
      await pulls.stand();
      await disk.leaveFree(0);
      await place.says(bot, ({ fields }) => fields['code'] === 'DISK_FULL');
      // The watch looks every five seconds of the bot, and lets it be.
      await place.blocks(12);
      expect(bot.lines.filter(({ message }) => message === 'The bot ends').map(({ text }) => text)).toEqual([]);
      pulls.letGo();
      const { code, said } = await place.ended(bot);
      expect({ code, said }).toEqual({ code: 75, said: expect.stringMatching(/is full/u) });
      await disk.giveRoom();
      expect(await place.wrongAfterStart(home)).toEqual([]);
      expect(pulls.cids.map((cid) => place.pins.begun.get(cid))).toEqual([1]);
    });
  });

  it('while a closed file is deleted: 75; the next start finds the deletion, which counts once', async () => {
    await places.rowIn(HOUR_IN_TWO_MINUTES, async (place) => {
      const { home, disk } = await place.homeOnDisk(withoutGrace);
      const file = await place.order();
      const bot = await home.start();
      await place.handles(home, file);
      await fillUnderDeletion(place, { file, disk });
      const { code, said } = await place.ended(bot);
      expect({ code, said }).toEqual({ code: 75, said: expect.stringMatching(full) });
      await disk.giveRoom();
      expect(await statusOfCleanup(home)).toEqual(['deleting']);
      expect(await place.wrongAfterStart(home)).toEqual([]);
    });
  });

  it('while a closed file is deleted and another is pulled: goes on, and so does the deletion', async () => {
    await places.rowIn(HOUR_IN_TWO_MINUTES, async (place) => {
      const { home, disk } = await place.homeOnDisk(withoutGrace);
      const file = await place.order();
      const pulls = await StandingPulls.order(place, 1);
      const bot = await home.start();
      await place.handles(home, file);
      await pulls.stand();
      await fillUnderDeletion(place, { file, disk });
      await place.says(bot, ({ fields }) => fields['code'] === 'DISK_FULL' && fields['loop'] === 'cleanup');
      await disk.giveRoom();
      await place.recovers(home, bot);
      pulls.letGo();
      expect(await place.wrong(home)).toEqual([]);
      expect((await bot.stop()).code).toBe(0);
      expect(pulls.cids.map((cid) => place.pins.begun.get(cid))).toEqual([1]);
    });
  });

  /** sWorker deletes the file of a closed order when nothing can be written any more. */
  async function fillUnderDeletion(
    place: MachinePlace,
    { file, disk }: { file: SeededFile; disk: SmallDisk },
  ): Promise<void> {
    const deletion = new HeldDeletion(place.world);
    place.closeOrder(file);
    await place.within('a deletion', deletion.reached);
    await disk.leaveFree(0);
    deletion.letGo();
  }

  async function statusOfCleanup(home: BotHome): Promise<readonly string[]> {
    const rows = await home.rows<{ status: string }>('SELECT status FROM cleanup_record');
    return rows.map(({ status }) => status);
  }
});
