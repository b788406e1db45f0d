import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  backupFolder,
  listBackups,
  newestFitting,
  removeOldBackups,
} from '../../../src/store/backups/backup-folder.ts';
import { backupKinds, type BackupLabel, backupName, parseBackupName } from '../../../src/store/backups/backup-name.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { atMs, namesIn } from './backup-home.ts';

const DAY_MS = 86_400_000;

async function folderWith(labels: readonly BackupLabel[], others: readonly string[] = []): Promise<string> {
  const dataDir = await tempDir();
  await mkdir(backupFolder(dataDir));
  for (const name of [...labels.map(backupName), ...others])
    await writeFile(path.join(backupFolder(dataDir), name), '');
  return dataDir;
}

const fileIn = (dataDir: string, label: BackupLabel): string => path.join(backupFolder(dataDir), backupName(label));

describe('the name of a backup', () => {
  const label = fc.record({
    kind: fc.constantFrom(...backupKinds),
    schema: fc.nat(9999),
    atMs: fc.nat(4_000_000_000).map((seconds) => seconds * 1000),
  });

  it('tells all that was written into it, and sorts by time', () => {
    fc.assert(
      fc.property(label, label, (a, b) => {
        expect(parseBackupName(backupName(a))).toEqual(a);
        expect(a.atMs >= b.atMs || backupName(a) < backupName(b)).toBe(true);
      }),
    );
  });

  it.each([
    '',
    'smanager-db.sqlite',
    'smanager-db.aa.partial',
    'smanager-db.2026-13-31T12-00-00Z.schema-6.daily.sqlite',
    'smanager-db.2026-01-31T12-00-00Z.schema-6.weekly.sqlite',
    'smanager-db.2026-01-31T12-00-00Z.schema-6.daily.sqlite-wal',
  ])('is not %j', (name) => {
    expect(parseBackupName(name)).toBeUndefined();
  });
});

describe('the backups that stand', () => {
  it('are listed newest first, other files are not; none without the folder', async () => {
    const labels = ([1, 3, 2] as const).map((day) => ({
      kind: 'daily' as const,
      schema: day,
      atMs: atMs + day * DAY_MS,
    }));
    const dataDir = await folderWith(labels, ['notes.txt', 'smanager-db.aa.partial']);
    expect((await listBackups(dataDir)).map(({ schema }) => schema)).toEqual([3, 2, 1]);
    expect(await listBackups(await tempDir())).toEqual([]);
    expect((await newestFitting(dataDir, 2, atMs + 9 * DAY_MS))?.file).toBe(
      fileIn(dataDir, { kind: 'daily', schema: 2, atMs: atMs + 2 * DAY_MS }),
    );
    expect(await newestFitting(dataDir, 0, atMs)).toBeUndefined();
  });

  it('of a day go, the oldest first, but none by hand and none from before a migration', async () => {
    const daily = [0, 1, 2, 3, 4].map((day) => ({ kind: 'daily' as const, schema: 6, atMs: atMs + day * DAY_MS }));
    const others = [
      { kind: 'by-hand' as const, schema: 6, atMs: atMs - 9 * DAY_MS },
      { kind: 'before-migration' as const, schema: 5, atMs: atMs - 8 * DAY_MS },
    ];
    const dataDir = await folderWith([...daily, ...others]);
    const newest = daily[4] ?? { kind: 'daily', schema: 0, atMs: 0 };
    await removeOldBackups(dataDir, { kind: 'daily', kept: 3, newest: fileIn(dataDir, newest) });
    expect(await namesIn(backupFolder(dataDir))).toEqual([...others, ...daily.slice(2)].map(backupName).sort());
  });

  it('keep the one just made, though a clock that was stepped back gave it the oldest name', async () => {
    const made = { kind: 'daily' as const, schema: 6, atMs };
    const ofTheFuture = [1, 2, 3].map((year) => ({ ...made, atMs: atMs + year * 365 * DAY_MS }));
    const dataDir = await folderWith([made, ...ofTheFuture]);
    await removeOldBackups(dataDir, { kind: 'daily', kept: 2, newest: fileIn(dataDir, made) });
    expect(await namesIn(backupFolder(dataDir))).toEqual([made, ofTheFuture[2] ?? made].map(backupName));
  });

  it('with names of a time to come are chosen last and go first: the clock was ahead when they were made', async () => {
    const of = (day: number) => ({ kind: 'daily' as const, schema: 6, atMs: atMs + day * DAY_MS });
    const dataDir = await folderWith([0, 1, 2, 365, 366].map(of));
    const newest = fileIn(dataDir, of(2));
    const chosen = await newestFitting(dataDir, 6, atMs + 2.5 * DAY_MS);
    expect(chosen?.file).toBe(newest);
    await removeOldBackups(dataDir, { kind: 'daily', kept: 4, newest });
    expect(await namesIn(backupFolder(dataDir))).toEqual([0, 1, 2, 366].map(of).map(backupName));
    await removeOldBackups(dataDir, { kind: 'daily', kept: 3, newest });
    expect(await namesIn(backupFolder(dataDir))).toEqual([0, 1, 2].map(of).map(backupName));
    const alone = await folderWith([of(365)]);
    expect((await newestFitting(alone, 6, atMs))?.file).toBe(fileIn(alone, of(365)));
  });

  it('from before migrations keep one for each schema, however often a start was tried', async () => {
    const of = (schema: number, hour: number): BackupLabel => ({
      kind: 'before-migration',
      schema,
      atMs: atMs + hour * 3_600_000,
    });
    const labels = [of(4, 0), of(5, 1), of(6, 2), of(6, 3), of(6, 4)];
    const dataDir = await folderWith(labels);
    await removeOldBackups(dataDir, { kind: 'before-migration', kept: 2, newest: fileIn(dataDir, of(6, 4)) });
    expect(await namesIn(backupFolder(dataDir))).toEqual([of(5, 1), of(6, 4)].map(backupName));
  });
});
