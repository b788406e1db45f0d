import { chown, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { backupFolder } from '../../../src/store/backups/backup-folder.ts';
import { restoreDatabase } from '../../../src/store/backups/restore.ts';
import { type Backup, takeBackup } from '../../../src/store/backups/take-backup.ts';
import { Database } from '../../../src/store/database.ts';
import { InstanceLock } from '../../../src/store/lock.ts';
import { asNobody } from '../../support/as-nobody.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { account, atMs, genesisHash, never, usedHome } from './backup-home.ts';

const isRoot = process.geteuid?.() === 0;
/** Whom the data directory belongs to; without root that is who runs this. */
const owner = isRoot ? 65_534 : (process.geteuid?.() ?? 0);

let dataDir: string;

beforeEach(async () => {
  ({ dataDir } = await usedHome());
  if (!isRoot) return;
  for (const name of await readdir(dataDir)) await chown(path.join(dataDir, name), owner, owner);
  await chown(dataDir, owner, owner);
});

const backUp = async (file?: string): Promise<Backup> =>
  await takeBackup({ dataDir, kind: 'by-hand', atMs, signal: never, ...(file === undefined ? {} : { file }) });

async function owners(): Promise<ReadonlySet<number>> {
  const names = await readdir(dataDir, { recursive: true });
  const found = await Promise.all(names.map(async (name) => await stat(path.join(dataDir, name))));
  return new Set(found.map(({ uid }) => uid));
}

describe('what a command makes as root in the data directory of a bot that is not belongs to the bot:', () => {
  it('a backup, its folder and the lock of copies', async () => {
    await backUp();
    expect(await owners()).toEqual(new Set([owner]));
    await asNobody(async () => {
      await backUp();
    });
    expect(await readdir(backupFolder(dataDir))).toHaveLength(2);
  });

  it('a restored database, and the lock that is held meanwhile', async () => {
    const { file } = await backUp();
    const lock = await InstanceLock.acquire(dataDir, 0);
    await restoreDatabase({ dataDir, file, account, genesisHash, atMs, signal: never });
    expect(await owners()).toEqual(new Set([owner]));
    await lock.release();
    await asNobody(async () => {
      const own = await InstanceLock.acquire(dataDir, 0);
      await (await Database.open(dataDir)).close();
      await own.release();
    });
  });
});

it('a backup that root puts elsewhere is its own', async () => {
  const elsewhere = await tempDir();
  const { file } = await backUp(path.join(elsewhere, 'mine.sqlite'));
  expect((await stat(file)).uid).toBe((await stat(elsewhere)).uid);
  await rm(file);
});
