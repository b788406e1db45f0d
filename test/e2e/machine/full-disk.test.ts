import { copyFile, readdir, readFile, stat } from 'node:fs/promises';
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
/** The first look at what is old, and the first backup, come some three and five seconds after a start. */
const HOUR_IN_A_QUARTER_OF_A_MINUTE = { blocks: { kind: 'real', intervalMs: 6000 }, clock: { factor: 240 } } as const;
/** So much takes seconds to be copied on a slow disk. */
const BALLAST_MIB = 4;
/** To remove them takes half a second. */
const MANY_ORDERS = 10_000;
/** More than the write-ahead log may be. */
const LOG_MIB = 23;

/** A database of the first schema on the disk, of this world, with some thousand orders of the past. */
async function withOldDatabase(place: MachinePlace, disk: SmallDisk, orders?: number): Promise<Buffer> {
  const made = await oldDatabase(place.world, orders);
  await copyFile(made, join(disk.seen, DATABASE));
  return await readFile(made);
}

async function putBallast(home: BotHome, disk: SmallDisk, mib: number): Promise<void> {
  await disk.change(home.databaseFile, `INSERT INTO config VALUES ('ballast', zeroblob(${mib * MIB}))`);
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
      await putBallast(home, disk, BALLAST_MIB);
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

  it('at the backup of the day: said, nothing is left of it, and the bot goes on', async () => {
    await places.rowIn(HOUR_IN_A_QUARTER_OF_A_MINUTE, async (place) => {
      const { home, disk } = await place.homeOnDisk({ others: { database: { backups: 1 } } });
      const bot = await home.start();
      await disk.leaveFree(20 * MIB);
      const { fields } = await place.says(bot, ({ message }) => message === 'The database could not be backed up');
      expect(fields['code']).toBe('BACKUP_NO_SPACE');
      expect(await inBackups(disk)).toEqual([]);
      await home.eventually('a condition', async () => await stands(home, 'backup-failed'));
      expect(await place.wrong(home)).toEqual([]);
      expect((await bot.stop()).code).toBe(0);
    });
  });

  it('when it removes what has ended long ago: 75, and removes it when there is room', async () => {
    await places.rowIn(HOUR_IN_A_QUARTER_OF_A_MINUTE, async (place) => {
      const { home, disk } = await place.homeOnDisk({ others: { database: { backups: 0, retentionDays: 1 } } });
      await withOldDatabase(place, disk, MANY_ORDERS);
      const bot = await home.start();
      await home.eventually('a removal', async () => (await closedOrders(home)) < MANY_ORDERS);
      await disk.leaveFree(0);
      const { code, said } = await place.ended(bot);
      expect({ code, said }).toEqual({ code: 75, said: expect.stringMatching(full) });
      const loops = bot.lines.flatMap(({ fields }) => (fields['code'] === 'DISK_FULL' ? [fields['loop']] : []));
      expect(loops).toContain('housekeeping');
      expect(await closedOrders(home)).toBeGreaterThan(0);
      await disk.giveRoom();
      const next = await home.start();
      await home.eventually('nothing that has ended long ago', async () => (await closedOrders(home)) === 0);
      expect(await place.wrong(home)).toEqual([]);
      expect((await next.stop()).code).toBe(0);
    });
  });

  it('when the log of the database is moved into its file: 75, and nothing in it is lost', async () => {
    await places.row(async (place) => {
      const { home, disk } = await place.homeOnDisk({ others: { database: { backups: 0 } } });
      const bot = await home.start();
      await putBallast(home, disk, LOG_MIB);
      const before = await sizes(disk);
      await disk.leaveFree(MIB);
      place.orderEachBlock(await place.order());
      const { code, said } = await place.ended(bot);
      expect({ code, said }).toEqual({ code: 75, said: expect.stringMatching(full) });
      place.orderNoMore();
      // It is the file that has taken the room, and not the log.
      const after = await sizes(disk);
      expect(after.log - before.log).toBeLessThan(256 * KIB);
      expect(after.file - before.file).toBeGreaterThan(512 * KIB);
      await disk.giveRoom();
      expect(await place.wrongAfterStart(home)).toEqual([]);
      expect(await home.rows(`SELECT length(content) AS bytes FROM config WHERE name = 'ballast'`)).toEqual([
        { bytes: LOG_MIB * MIB },
      ]);
    });
  });

  it('before a restore: refused, and the database stays what it was', async () => {
    await places.row(async (place) => {
      const { home, disk, backup, database } = await withBackup(place);
      await disk.leaveFree(BALLAST_MIB * MIB);
      const { code, stderr } = await home.smanager('restore', backup);
      expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringMatching(/needs .* are free/u) });
      await staysAsItWas(place, { home, disk, database });
    });
  });

  it.skipIf(isWithoutSlowDisks)('in the middle of a restore: refused, and the database stays what it was', async () => {
    await places.row(async (place) => {
      const { home, disk, backup, database } = await withBackup(place);
      const { env } = SlowDisk.make(home.dataDir, place.world.dir);
      const copying = place.appears(disk.seen, /partial$/u);
      const restore = runBotCommand({ configPath: home.configPath, before: disk.before, env }, ['restore', backup]);
      await copying;
      await disk.leaveFree(MIB / 2);
      expect(await restore).toMatchObject({ code: 78, stderr: expect.stringContaining('the disk was full before') });
      await staysAsItWas(place, { home, disk, database });
    });
  });

  async function stands(home: BotHome, condition: string): Promise<boolean> {
    const rows = await home.rows<{ content: string }>("SELECT content FROM config WHERE name = 'conditions'");
    return rows.some(({ content }) => content.includes(`"${condition}"`));
  }

  async function closedOrders(home: BotHome): Promise<number> {
    return (await home.rows("SELECT 1 FROM file_record WHERE status = 'closed'")).length;
  }

  /** Bytes of the database and of its log. */
  async function sizes(disk: SmallDisk): Promise<{ readonly file: number; readonly log: number }> {
    const [file, log] = await Promise.all([stat(join(disk.seen, DATABASE)), stat(join(disk.seen, `${DATABASE}-wal`))]);
    return { file: file.size, log: log.size };
  }

  /** A bot that was stopped after it has handled an order, a backup of its database, and the bytes of that. */
  async function withBackup(
    place: MachinePlace,
  ): Promise<{ home: BotHome; disk: SmallDisk; backup: string; database: Buffer }> {
    const { home, disk } = await place.homeOnDisk();
    const bot = await home.start();
    await place.handles(home, await place.order());
    expect((await bot.stop()).code).toBe(0);
    await putBallast(home, disk, BALLAST_MIB);
    const backup = join(home.dataDir, 'mine.sqlite');
    expect(await home.smanager('backup', backup)).toMatchObject({ code: 0 });
    return { home, disk, backup, database: await readFile(join(disk.seen, DATABASE)) };
  }

  async function staysAsItWas(
    place: MachinePlace,
    { home, disk, database }: { home: BotHome; disk: SmallDisk; database: Buffer },
  ): Promise<void> {
    expect((await readdir(disk.seen)).filter((name) => /partial|replaced/u.test(name))).toEqual([]);
    expect(database.equals(await readFile(join(disk.seen, DATABASE)))).toBe(true);
    await disk.giveRoom();
    expect(await place.wrongAfterStart(home)).toEqual([]);
  }

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
