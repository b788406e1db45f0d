import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { InstanceLock } from '../../../src/store/lock.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** Mode by name of everything in a folder. */
async function modes(folder: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const name of (await readdir(folder)).toSorted()) {
    found[name] = ((await stat(path.join(folder, name))).mode & 0o777).toString(8);
  }
  return found;
}

let inherited: number;
beforeEach(() => {
  inherited = process.umask(0);
});
afterEach(() => process.umask(inherited));

describe('the files of the bot', () => {
  it('allow nobody else anything, whatever the umask', async () => {
    const dataDir = path.join(await tempDir(), 'one', 'two');
    const lock = await InstanceLock.acquire(dataDir, 0);
    const database = await Database.open(dataDir);
    await database.write('claim', async (tx) => await tx('config').insert({ name: 'a', content: '1' }));
    expect(await modes(dataDir)).toEqual({
      'smanager-db.lock': '640',
      'smanager-db.lock-journal': '640',
      'smanager-db.sqlite': '640',
      'smanager-db.sqlite-shm': '640',
      'smanager-db.sqlite-wal': '640',
    });
    expect(await modes(path.dirname(dataDir))).toEqual({ two: '750' });
    await database.close();
    await lock.release();
  });

  it('are made so when they were copied by hand, and stay as they are when they allow less', async () => {
    const dataDir = await tempDir();
    await (await Database.open(dataDir)).close();
    await (await InstanceLock.acquire(dataDir, 0)).release();
    await chmod(path.join(dataDir, databaseFileName), 0o666);
    await chmod(path.join(dataDir, 'smanager-db.lock'), 0o600);
    await (await Database.open(dataDir)).close();
    await (await InstanceLock.acquire(dataDir, 0)).release();
    expect(await modes(dataDir)).toEqual({ 'smanager-db.lock': '600', 'smanager-db.sqlite': '640' });
  });

  it("are its own: another program's database keeps its mode", async () => {
    const dataDir = await tempDir();
    const file = path.join(dataDir, databaseFileName);
    await writeFile(file, 'no database');
    await chmod(file, 0o644);
    await expect(Database.open(dataDir)).rejects.toMatchObject({ code: 'DATABASE_DAMAGED' });
    expect(await modes(dataDir)).toEqual({ [databaseFileName]: '644' });
  });
});
