import { existsSync } from 'node:fs';
import { copyFile, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { backupFolder, listBackups } from '../../../src/store/backups/backup-folder.ts';
import { Database } from '../../../src/store/database.ts';
import { readSql } from '../../support/raw-database.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { namesIn, usedHome } from '../store-backups/backup-home.ts';

let dataDir: string;
let file: string;
let database: Database;

beforeEach(async () => {
  ({ dataDir, file } = await usedHome());
  database = await Database.open(dataDir);
  await note('in the log');
});

async function note(name: string): Promise<void> {
  await database.write('event', async (tx) => await tx('config').insert({ name, content: '1' }));
}

async function noted(inFile: string): Promise<readonly string[]> {
  const rows = await readSql<{ name: string }>(
    inFile,
    "SELECT name FROM config WHERE name <> 'identity' ORDER BY name",
  );
  return rows.map(({ name }) => name);
}

/** Another database of ours, closed. */
async function another(): Promise<string> {
  const other = await usedHome();
  return other.file;
}

describe('a database whose file is taken away under the bot', () => {
  it.each([
    ['removed', async () => await rm(file)],
    ['replaced', async () => await rename(await another(), file)],
  ])('%s: nothing more is written, it is said what to do, and what was worked with is kept', async (what, act) => {
    await act();
    const standing = what === 'replaced' ? await readFile(file) : undefined;
    const refusals = await Promise.allSettled([note('too late'), note('later still')]);
    const [copy, ...more] = await listBackups(dataDir);
    expect(more).toEqual([]);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ status: 'rejected', reason: { code: 'DATABASE_REPLACED', destiny: 'outage' } });
      const message = refusal.status === 'rejected' ? String(refusal.reason) : '';
      expect(message).toContain(`${file} was ${what} while the bot worked on it`);
      expect(message).toContain(`smanager restore ${copy?.file}`);
    }
    expect(await noted(copy?.file ?? '')).toEqual(['in the log']);
    await database.close();
    expect(what === 'replaced' ? await readFile(file) : undefined).toEqual(standing);

    // The log of the old one is not taken for the new one's.
    const next = await Database.open(dataDir);
    onTestFinished(async () => await next.close());
    await next.assertWhole(new AbortController().signal);
    expect(await noted(file)).toEqual([]);
  });

  it('moved away: it is complete where it is', async () => {
    const moved = path.join(await tempDir(), 'moved.sqlite');
    await rename(file, moved);
    await expect(note('too late')).rejects.toMatchObject({ code: 'DATABASE_REPLACED' });
    await database.close();
    expect(await noted(moved)).toEqual(['in the log']);
  });

  it('says so when what was worked with cannot be kept', async () => {
    await writeFile(backupFolder(dataDir), 'a file in the way');
    await rm(file);
    await expect(note('too late')).rejects.toMatchObject({
      code: 'DATABASE_REPLACED',
      message: expect.stringContaining('could not be kept'),
    });
    await database.close();
  });

  it('without its log: what the log held is written into the database', async () => {
    await rm(`${file}-wal`);
    await expect(note('too late')).rejects.toMatchObject({
      code: 'DATABASE_REPLACED',
      message: expect.stringContaining('-wal was removed or replaced'),
    });
    await database.close();
    expect(await noted(file)).toEqual(['in the log']);
    expect(await namesIn(backupFolder(dataDir))).toEqual([]);
  });
});

describe('a database whose file is cut short under the bot', () => {
  it.each([
    ['in the middle', 8 * 4096],
    ['to nothing', 0],
  ])('%s is refused as damaged before anything is written to it', async (_, bytes) => {
    await copyFile(file, path.join(await tempDir(), 'whole'));
    await truncate(file, bytes);
    await expect(note('too late')).rejects.toMatchObject({
      code: 'DATABASE_DAMAGED',
      message: expect.stringContaining('moved away the bot indexes anew'),
    });
    await database.close();
  });

  it('to nothing, and looked at by another program, which takes the log away, is refused as damaged and closed', async () => {
    await truncate(file, 0);
    await readSql(file, 'SELECT 1 FROM sqlite_master');
    expect(existsSync(`${file}-wal`)).toBe(false);
    await expect(note('too late')).rejects.toMatchObject({ code: 'DATABASE_DAMAGED' });
    await expect(note('later still')).rejects.toMatchObject({ code: 'DATABASE_DAMAGED' });
    await database.close();
  });

  it('by the bot itself, which gives free pages back, is used on', async () => {
    const before = (await stat(file)).size;
    await database.write('event', async (tx) => await tx.raw('DELETE FROM file_record WHERE id > 100'));
    await database.write('event', async (tx) => await tx.raw('PRAGMA incremental_vacuum'));
    await database.checkpoint();
    expect((await stat(file)).size).toBeLessThan(before);
    await note('goes on');
    await database.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(await noted(file)).toEqual(['goes on', 'in the log']);
  });
});
