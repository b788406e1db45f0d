import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { backupFolder, listBackups } from '../../../src/store/backups/backup-folder.ts';
import { takeBackup } from '../../../src/store/backups/take-backup.ts';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { ownSchema } from '../../../src/store/schema.ts';
import { executeSql, readSql } from '../../support/raw-database.ts';
import { ofSchema1 } from '../../support/schema-1.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { atMs, namesIn, never, usedHome } from './backup-home.ts';

async function oldHome({ isEmpty = false } = {}): Promise<{ dataDir: string; file: string }> {
  const dataDir = await tempDir();
  await ofSchema1(dataDir, async (knex) => {
    if (!isEmpty) await knex('config').insert({ name: 'identity', content: '{"genesisHash":"0x01","account":"cTa"}' });
  });
  return { dataDir, file: path.join(dataDir, databaseFileName) };
}

const steps = async (file: string): Promise<number> => (await readSql(file, 'SELECT 1 FROM knex_migrations')).length;

describe('before it is migrated, a database that holds something', () => {
  it('is backed up under the schema it had, which an older program finds', async () => {
    const { dataDir, file } = await oldHome();
    await (await Database.open(dataDir, { keptBackups: 3 })).close();
    const [backup] = await listBackups(dataDir);
    expect(await listBackups(dataDir)).toEqual([expect.objectContaining({ kind: 'before-migration', schema: 1 })]);
    expect(await steps(backup?.file ?? '')).toBe(1);
    expect(await steps(file)).toBe(ownSchema);
  });

  it('is backed up once: the next start finds nothing to migrate', async () => {
    const { dataDir } = await oldHome();
    for (let start = 0; start < 2; start += 1) await (await Database.open(dataDir, { keptBackups: 3 })).close();
    expect(await listBackups(dataDir)).toHaveLength(1);
  });

  it('is not backed up when backups are off', async () => {
    const { dataDir, file } = await oldHome();
    await (await Database.open(dataDir, { keptBackups: 0 })).close();
    expect(await namesIn(backupFolder(dataDir))).toEqual([]);
    expect(await steps(file)).toBe(ownSchema);
  });

  it('stays as it is when it cannot be backed up, and the refusal says what to do', async () => {
    const { dataDir, file } = await oldHome();
    await writeFile(backupFolder(dataDir), 'a file in the way');
    await expect(Database.open(dataDir, { keptBackups: 3 })).rejects.toMatchObject({
      code: 'BACKUP_FAILED',
      destiny: 'configuration',
      message: expect.stringMatching(/make room .* or set database\.backups to 0/),
    });
    expect(await steps(file)).toBe(1);
  });

  it('goes on when only an old backup cannot be removed, which is told', async () => {
    const { dataDir, file } = await oldHome();
    const old = path.join(backupFolder(dataDir), 'smanager-db.2026-01-01T00-00-00Z.schema-1.before-migration.sqlite');
    await mkdir(old, { recursive: true });
    const told: unknown[] = [];
    const onOldBackupLeft = (error: unknown): unknown => told.push(error);
    await (await Database.open(dataDir, { keptBackups: 1, onOldBackupLeft })).close();
    expect(told).toMatchObject([{ code: 'BACKUP_FAILED', data: { file: old } }]);
    expect(await steps(file)).toBe(ownSchema);
    expect(await namesIn(backupFolder(dataDir))).toHaveLength(2);
  });
});

it('a database that is new or holds nothing is not backed up', async () => {
  const empty = await oldHome({ isEmpty: true });
  for (const dataDir of [empty.dataDir, await tempDir()]) {
    await (await Database.open(dataDir, { keptBackups: 3 })).close();
    expect(await namesIn(backupFolder(dataDir))).toEqual([]);
  }
});

describe('a database of a newer program', () => {
  async function newerHome(): Promise<{ dataDir: string; file: string }> {
    const home = await usedHome();
    await executeSql(home.file, "INSERT INTO knex_migrations (name, batch) VALUES ('9999-later', 9)");
    return home;
  }

  it('is refused with the newest backup that this one can open', async () => {
    const { dataDir, file } = await newerHome();
    const fitting = await usedHome();
    const names = [
      `smanager-db.2026-01-01T00-00-00Z.schema-${ownSchema}.daily.sqlite`,
      `smanager-db.2026-01-02T00-00-00Z.schema-${ownSchema}.before-migration.sqlite`,
      'smanager-db.2026-01-03T00-00-00Z.schema-9999.daily.sqlite',
    ];
    await mkdir(backupFolder(dataDir));
    for (const name of names) await writeFile(path.join(backupFolder(dataDir), name), await readFile(fitting.file));
    const before = await readFile(file);
    const expected = path.join(backupFolder(dataDir), names[1] ?? '');
    const ways = [async () => await Database.open(dataDir), async () => await Database.openExisting(dataDir)];
    for (const open of ways) {
      await expect(open()).rejects.toMatchObject({
        code: 'DATABASE_NEWER',
        destiny: 'configuration',
        message: expect.stringContaining(`smanager restore ${expected}`),
        data: { step: '9999-later', backup: expected },
      });
    }
    expect(before.equals(await readFile(file))).toBe(true);
  });

  it('is refused with that there is none, when all are of the newer one', async () => {
    const { dataDir } = await newerHome();
    await takeBackup({ dataDir, kind: 'daily', atMs, signal: never });
    expect(await listBackups(dataDir)).toEqual([expect.objectContaining({ schema: 9999 })]);
    await expect(Database.open(dataDir)).rejects.toMatchObject({
      code: 'DATABASE_NEWER',
      message: expect.stringContaining('There is no backup'),
      data: { backup: null },
    });
  });
});
