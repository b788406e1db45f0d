import { copyFile, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BotProcess } from '../../../devnet/world/bot-process.ts';
import { Database } from '../../../src/store/database.ts';
import { flip, pagesByKind } from '../../support/damage.ts';
import type { BotHome } from '../../support/e2e/bot-home.ts';
import { loading, LockHolder, setLimit } from '../../support/e2e/beside.ts';
import type { MachinePlace } from '../../support/e2e/machine-place.ts';
import { Places } from '../../support/e2e/places.ts';
import { isWithoutSlowDisks, SlowDisk } from '../../support/e2e/slow-disk.ts';
import { isWithoutDisks } from '../../support/e2e/small-disk.ts';
import { executeSql } from '../../support/raw-database.ts';

const restoring = /smanager restore (\S+\.sqlite)/u;

let places: Places;

beforeAll(async () => {
  // Three bots and two commands in many a row: more of them side by side would wait for the processor.
  places = await Places.open(2);
});
afterAll(async () => await places?.close());

/** A bot that has handled an order. */
async function atWork(place: MachinePlace): Promise<{ home: BotHome; bot: BotProcess }> {
  const home = await place.home();
  const bot = await home.start();
  const { cid } = await place.order();
  await home.eventuallyStand([cid], 'handled');
  return { home, bot };
}

/** What can be gone back to. */
async function backedUp(home: BotHome): Promise<string> {
  const backup = join(home.dir, 'backup.sqlite');
  expect((await home.smanager('backup', backup)).code).toBe(0);
  return backup;
}

/** Does what the message says: the command that it names. */
async function restored(home: BotHome, said: string): Promise<void> {
  const [, file = ''] = restoring.exec(said) ?? [];
  const { code, stderr } = await home.smanager('restore', file);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

describe("the database's file, while a bot works on it,", { concurrent: true }, () => {
  it('is replaced by a backup: 75, and the next start goes on with that', async () => {
    await places.row(async (place) => {
      const { home, bot } = await atWork(place);
      const backup = await backedUp(home);
      const put = await readFile(backup);
      await rename(backup, home.databaseFile);
      const { code, said } = await place.ended(bot);
      expect({ code, said }).toEqual({
        code: 75,
        said: expect.stringMatching(
          /^DATABASE_REPLACED: .* was replaced while .* stop the bot and use smanager restore/u,
        ),
      });
      expect(put.equals(await readFile(home.databaseFile))).toBe(true);
      expect(await place.wrongAfterStart(home, { forgot: true })).toEqual([]);
    });
  });

  it('is removed: 75, what it held is kept, and goes on when it is restored', async () => {
    await places.row(async (place) => {
      const { home, bot } = await atWork(place);
      await rm(home.databaseFile);
      const { code, said } = await place.ended(bot);
      expect({ code, said }).toEqual({
        code: 75,
        said: expect.stringMatching(/^DATABASE_REPLACED: .* was removed while/u),
      });
      await restored(home, said);
      expect(await place.wrongAfterStart(home)).toEqual([]);
    });
  });

  it('is removed, and nobody does anything: the next start indexes anew', async () => {
    await places.row(async (place) => {
      const { home, bot } = await atWork(place);
      await rm(home.databaseFile);
      expect((await place.ended(bot)).code).toBe(75);
      expect(await place.wrongAfterStart(home, { forgot: true })).toEqual([]);
    });
  });

  it('loses its log: 75, and nothing of it is lost', async () => {
    await places.row(async (place) => {
      const { home, bot } = await atWork(place);
      await rm(`${home.databaseFile}-wal`);
      const { code, said } = await place.ended(bot);
      expect({ code, said }).toEqual({
        code: 75,
        said: expect.stringMatching(/^DATABASE_REPLACED: .*-wal was removed/u),
      });
      expect(await place.wrongAfterStart(home)).toEqual([]);
    });
  });

  it.each([
    ['cut short', 8 * 4096],
    ['emptied', 0],
  ])('is %s: 78, and goes on after the restore', async (_, bytes) => {
    await places.row(async (place) => {
      const { home, bot } = await atWork(place);
      const backup = await backedUp(home);
      // Not all of a young database is in the file; what is has to be brought there first.
      await executeSql(home.databaseFile, 'PRAGMA wal_checkpoint(PASSIVE)');
      await truncate(home.databaseFile, bytes);
      const { code, said } = await place.ended(bot);
      expect({ code, said }).toEqual({ code: 78, said: expect.stringMatching(/^DATABASE_DAMAGED: /u) });
      const { code: restoredWith } = await home.smanager('restore', backup);
      expect(restoredWith).toBe(0);
      expect(await place.wrongAfterStart(home, { forgot: true })).toEqual([]);
    });
  });

  it('has a page that goes bad: 78 at the next start, with the command that repairs it', async () => {
    await places.row(async (place) => {
      const { home, bot } = await atWork(place);
      expect((await home.smanager('backup')).code).toBe(0);
      await bot.kill();
      await copyFile(home.databaseFile, join(home.dir, 'before'));
      const good = await wholeFile(home);
      await writeFile(home.databaseFile, flip(good, pagesByKind(good).get('index leaf')?.at(-1) ?? 0));
      const { code, said } = await place.ended(home.launch());
      expect({ code, said }).toEqual({
        code: 78,
        said: expect.stringMatching(/^DATABASE_DAMAGED: .*smanager restore/u),
      });
      await restored(home, said);
      expect(await place.wrongAfterStart(home, { forgot: true })).toEqual([]);
    });
  });

  /** The file with its log in it. */
  async function wholeFile(home: BotHome): Promise<Buffer> {
    const database = await Database.openExisting(home.dataDir, { writes: true });
    await database.checkpoint();
    await database.close();
    expect(await stat(`${home.databaseFile}-wal`).catch(() => undefined)).toBeUndefined();
    return await readFile(home.databaseFile);
  }

  it.each(['while a bot works', 'while a bot starts'])(
    'is locked %s by another program for longer than is waited: 75, and goes on when that has ended',
    async (when) => {
      await places.row(async (place) => {
        const home = await place.home({ env: { NODE_OPTIONS: loading('short-patience.mjs') } });
        const bot = await home.start();
        await place.says(bot, ({ message }) => message === 'Ready');
        if (when === 'while a bot starts') await bot.stop();
        const holder = await LockHolder.start(home.databaseFile, { holdMs: 60_000, pauseMs: 0 });
        try {
          const { code, said } = await place.ended(when === 'while a bot starts' ? home.launch() : bot);
          const expected = expect.stringMatching(/^DATABASE_BUSY: another program .* fuser -v/u);
          expect({ code, said }).toEqual({ code: 75, said: expected });
        } finally {
          await holder.end();
        }
        expect(await place.wrongAfterStart(home)).toEqual([]);
      });
    },
  );

  it('is locked by another program again and again, for less than is waited: all goes on, and a stop is heeded', async () => {
    await places.row(async (place) => {
      const home = await place.home();
      const bot = await home.start();
      await place.says(bot, ({ message }) => message === 'Ready');
      const holder = await LockHolder.start(home.databaseFile, { holdMs: 400, pauseMs: 120 });
      try {
        expect(await place.wrong(home)).toEqual([]);
        await stopsInTime(bot);
      } finally {
        await holder.end();
      }
      expect(home.errorLines).toEqual([]);
    });
  });

  it.skipIf(isWithoutSlowDisks)('lies on a slow disk: all goes on, slowly, and a stop is heeded', async () => {
    await places.row(async (place) => {
      const disk = SlowDisk.make(place.nextDataDir, place.world.dir);
      const home = await place.home({ env: disk.env });
      const bot = await home.start();
      expect(await place.wrong(home)).toEqual([]);
      await stopsInTime(bot);
      expect(await disk.waits()).toBeGreaterThan(200);
      expect(home.errorLines).toEqual([]);
    });
  });

  async function stopsInTime(bot: BotProcess): Promise<void> {
    const { code, ms } = await bot.stop();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(8000);
  }

  it('cannot be written any more, nor anything else: 75, and goes on when it can', async () => {
    await places.row(async (place) => {
      const { home, bot } = await atWork(place);
      await setLimit(bot, 'fsize', 0);
      const { code, said } = await place.ended(bot);
      expect({ code, said }).toEqual({
        code: 75,
        said: expect.stringMatching(/^DISK_READ_ONLY: .* cannot be written .*mounted read-only/u),
      });
      expect(await place.wrongAfterStart(home)).toEqual([]);
    });
  });

  it.skipIf(isWithoutDisks)('lies on a disk that is mounted read-only: 75, and starts when it is not', async () => {
    await places.row(async (place) => {
      const { home, disk } = await place.homeOnDisk();
      const bot = await home.start();
      await place.order();
      expect((await bot.stop()).code).toBe(0);
      await disk.setReadOnly(true);
      const { code, said } = await place.ended(home.launch());
      expect({ code, said }).toEqual({
        code: 75,
        said: expect.stringMatching(/^DISK_READ_ONLY: .* cannot be written .*mounted read-only/u),
      });
      await disk.setReadOnly(false);
      expect(await place.wrongAfterStart(home)).toEqual([]);
    });
  });
});
