import { chmod, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { restoreDatabase } from '../../../src/store/backups/restore.ts';
import { takeBackup } from '../../../src/store/backups/take-backup.ts';
import { Database } from '../../../src/store/database.ts';
import { asNobody } from '../../support/as-nobody.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { account, atMs, genesisHash, namesIn, never, usedHome } from './backup-home.ts';

const backUp = async (dataDir: string): Promise<unknown> =>
  await takeBackup({ dataDir, kind: 'by-hand', atMs, signal: never });

const openings = [
  async (dataDir: string): Promise<unknown> => await Database.open(dataDir),
  async (dataDir: string): Promise<unknown> => await Database.openExisting(dataDir),
];

/** Allows its owner nothing until the test has ended. */
async function shut(file: string): Promise<void> {
  await chmod(file, 0);
  onTestFinished(async () => await chmod(file, 0o700));
}

describe('where a folder stands in the place of the database', () => {
  it('every way to it says so', async () => {
    const { dataDir, file } = await usedHome();
    await rm(file);
    await mkdir(file);
    for (const way of [...openings, backUp]) {
      await expect(way(dataDir)).rejects.toMatchObject({
        code: 'DATABASE_FOREIGN',
        message: `${file} is a folder, no database; it was not touched`,
      });
    }
    expect(await namesIn(file)).toEqual([]);
  });
});

describe('a database that this user may not use is not taken for one that is not there:', () => {
  const shutThings: readonly (readonly [string, (home: { dataDir: string; file: string }) => string])[] = [
    ['its file', ({ file }) => file],
    ['its folder', ({ dataDir }) => dataDir],
  ];

  it.each(shutThings)('%s', async (_, thing) => {
    const home = await usedHome();
    await shut(thing(home));
    await asNobody(async () => {
      for (const way of openings) {
        await expect(way(home.dataDir)).rejects.toMatchObject({
          code: 'DISK_READ_ONLY',
          destiny: 'outage',
          message: expect.stringMatching(new RegExp(`^${home.dataDir}, or a file in it, .*EACCES.*chown -R`, 'u')),
        });
      }
      await expect(backUp(home.dataDir)).rejects.toMatchObject({
        code: 'BACKUP_FAILED',
        message: `${home.file} cannot be read or written (EACCES)`,
      });
    });
  });
});

it('a backup in a folder that may not be entered is not taken for one that is not there', async () => {
  const [dataDir, folder] = [await tempDir(), await tempDir()];
  await chmod(dataDir, 0o777);
  await shut(folder);
  const file = path.join(folder, 'mine.sqlite');
  await asNobody(async () => {
    const restoring = restoreDatabase({ dataDir, file, account, genesisHash, atMs, signal: never });
    await expect(restoring).rejects.toMatchObject({
      code: 'BACKUP_FAILED',
      message: `${file} cannot be read or written (EACCES)`,
    });
  });
});
