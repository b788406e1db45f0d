import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { backupFolder } from '../../../src/store/backups/backup-folder.ts';
import { type BackupOrder, takeBackup } from '../../../src/store/backups/take-backup.ts';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { ownSchema } from '../../../src/store/schema.ts';
import { readSql } from '../../support/raw-database.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { atMs, namesIn, never, usedHome } from './backup-home.ts';

const MIB = 1024 ** 2;
const YEAR_MS = 365 * 86_400_000;
const name = `smanager-db.2026-01-31T12-00-00Z.schema-${ownSchema}.daily.sqlite`;

function order(dataDir: string, others: Partial<BackupOrder> = {}): BackupOrder {
  return { dataDir, kind: 'daily', atMs, signal: never, ...others };
}

async function modeOf(file: string): Promise<number> {
  return (await stat(file)).mode & 0o777;
}

describe('a backup', () => {
  it('stands under its name, for its owner alone, and nothing stands beside it', async () => {
    const { dataDir, file } = await usedHome();
    const made = await takeBackup(order(dataDir));
    const folder = backupFolder(dataDir);
    expect(made).toEqual({ file: path.join(folder, name), schema: ownSchema, sizeBytes: (await stat(file)).size });
    expect([await modeOf(folder), await modeOf(made.file)]).toEqual([0o700, 0o600]);
    expect(await modeOf(path.join(dataDir, 'smanager-db.copies.lock'))).toBeLessThanOrEqual(0o640);
    expect(await namesIn(folder)).toEqual([name]);
    expect(await readSql(made.file, 'SELECT COUNT(*) AS orders FROM file_record')).toEqual([{ orders: 4000 }]);
    expect(await readSql(made.file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });

  it('taken while a bot writes without a pause is of one moment, and the bot goes on writing', async () => {
    const { dataDir } = await usedHome();
    const database = await Database.open(dataDir);
    onTestFinished(async () => await database.close());
    const write = async (round: number): Promise<void> =>
      await database.write('claim', async (tx) => {
        for (const half of ['left', 'right']) {
          const content = String(round)
            .padStart(8, '0')
            .repeat(MIB / 16);
          await tx('config').insert({ name: half, content }).onConflict('name').merge();
        }
        // Room that has pages of its own, so that the copy takes many steps.
        if (round < 24) await tx('config').insert({ name: `room ${round}`, content: 'x'.repeat(MIB) });
      });
    let round = 0;
    for (; round < 24; round += 1) await write(round);
    const begun = round;
    const progress = { isDone: false };
    const backup = takeBackup(order(dataDir)).finally(() => (progress.isDone = true));
    while (!progress.isDone) await write((round += 1));
    const { file } = await backup;
    expect(round).toBeGreaterThan(begun + 3);
    const halves = await readSql<{ content: string }>(
      file,
      "SELECT content FROM config WHERE name IN ('left', 'right')",
    );
    expect(halves).toHaveLength(2);
    expect(halves[0]).toEqual(halves[1]);
    expect(Number(halves[0]?.content.slice(0, 8))).toBeLessThan(round);
  });

  it('holds what is in the log alone', async () => {
    const { dataDir } = await usedHome();
    const database = await Database.open(dataDir);
    onTestFinished(async () => await database.close());
    await database.write('claim', async (tx) => await tx('config').insert({ name: 'newest', content: '1' }));
    const { file } = await takeBackup(order(dataDir));
    expect(await readSql(file, "SELECT content FROM config WHERE name = 'newest'")).toEqual([{ content: '1' }]);
  });

  it('goes where a person wants it, and never over a file that is there', async () => {
    const { dataDir } = await usedHome();
    const file = path.join(await tempDir(), 'mine.sqlite');
    expect((await takeBackup(order(dataDir, { kind: 'by-hand', file }))).file).toBe(file);
    const before = await readFile(file);
    const again = takeBackup(order(dataDir, { kind: 'by-hand', file }));
    await expect(again).rejects.toMatchObject({
      code: 'BACKUP_FAILED',
      message: expect.stringContaining('not replaced'),
    });
    expect(before.equals(await readFile(file))).toBe(true);
    expect(await namesIn(path.dirname(file))).toEqual(['mine.sqlite']);
  });
});

describe('two backups in one second', () => {
  it.each(['by-hand', 'before-migration'] as const)(
    '%s both stand, the later one under the next second',
    async (kind) => {
      const { dataDir } = await usedHome();
      const first = await takeBackup(order(dataDir, { kind }));
      const second = await takeBackup(order(dataDir, { kind }));
      expect(await namesIn(backupFolder(dataDir))).toEqual(
        [first.file, second.file].map((file) => path.basename(file)),
      );
      expect(path.basename(second.file)).toBe(path.basename(first.file).replace('12-00-00Z', '12-00-01Z'));
    },
  );
});

describe('no half backup is left when', () => {
  it('a page of the database is damaged', async () => {
    const { dataDir, file } = await usedHome();
    const bytes = await readFile(file);
    bytes.fill(0xa5, bytes.length - 3 * 4096, bytes.length - 2 * 4096);
    await writeFile(file, bytes);
    await expect(takeBackup(order(dataDir))).rejects.toMatchObject({ code: 'DATABASE_DAMAGED' });
    expect(await namesIn(backupFolder(dataDir))).toEqual([]);
  });

  it('there is no room for it and for the bot', async () => {
    const { dataDir, file } = await usedHome();
    const { size } = await stat(file);
    const spare = 256 * MIB;
    const freeBytes = async (): Promise<number> => await Promise.resolve(size + spare - 1);
    await expect(takeBackup(order(dataDir, { freeBytes }))).rejects.toMatchObject({
      code: 'BACKUP_NO_SPACE',
      destiny: 'configuration',
      data: { neededBytes: size + spare, freeBytes: size + spare - 1 },
    });
    expect(await namesIn(backupFolder(dataDir))).toEqual([]);
    await takeBackup(order(dataDir, { freeBytes: async () => await Promise.resolve(size + spare) }));
    expect(await namesIn(backupFolder(dataDir))).toEqual([name]);
  });

  it('a stop comes on the way', async () => {
    const { dataDir } = await usedHome();
    const stop = new AbortController();
    const freeBytes = async (): Promise<number> => {
      setImmediate(() => stop.abort());
      return await Promise.resolve(Number.MAX_SAFE_INTEGER);
    };
    await expect(takeBackup(order(dataDir, { freeBytes, signal: stop.signal }))).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await namesIn(backupFolder(dataDir))).toEqual([]);
  });

  it('its folder cannot be made', async () => {
    const { dataDir } = await usedHome();
    await writeFile(backupFolder(dataDir), 'a file');
    await expect(takeBackup(order(dataDir))).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
  });

  it('a process was killed in the middle of one: the next one removes it, whatever its time, but never while a copy is made', async () => {
    const { dataDir } = await usedHome();
    const folder = backupFolder(dataDir);
    await mkdir(folder);
    const left = ['smanager-db.00c0ffee.partial', 'smanager-db.00c0ffee.partial-journal', 'film.partial', 'notes.txt'];
    const own = left.slice(2).sort();
    for (const each of [...left.map((one) => path.join(folder, one)), path.join(dataDir, left[0] ?? '')]) {
      await writeFile(each, '');
      await utimes(each, new Date(atMs + YEAR_MS), new Date(atMs + YEAR_MS));
    }
    const underWay = 'smanager-db.deadbeef.partial';
    const second = name.replace('daily', 'by-hand');
    const freeBytes = async (): Promise<number> => {
      // The first has begun by now.
      expect(await namesIn(folder)).toEqual(own);
      await writeFile(path.join(folder, underWay), '');
      await utimes(path.join(folder, underWay), new Date(atMs - YEAR_MS), new Date(atMs - YEAR_MS));
      await takeBackup(order(dataDir, { kind: 'by-hand' }));
      return Number.MAX_SAFE_INTEGER;
    };
    await takeBackup(order(dataDir, { freeBytes }));
    expect(await namesIn(folder)).toEqual([...own, underWay, name, second].sort());
    expect(await namesIn(dataDir)).not.toContain(left[0]);
    await takeBackup(order(dataDir, { file: path.join(dataDir, 'mine.sqlite') }));
    expect(await namesIn(folder)).toEqual([...own, name, second].sort());
  });
});

it('needs a database: none is backed up where there is no database of ours', async () => {
  const dataDir = await tempDir();
  await expect(takeBackup(order(dataDir))).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
  await writeFile(path.join(dataDir, databaseFileName), '');
  await expect(takeBackup(order(dataDir))).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
});
