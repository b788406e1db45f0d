import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sqlite3 from 'sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RestoreOrder, restoreDatabase } from '../../../src/store/backups/restore.ts';
import { takeBackup } from '../../../src/store/backups/take-backup.ts';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { ownSchema } from '../../../src/store/schema.ts';
import { executeSql, readSql } from '../../support/raw-database.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { account, atMs, genesisHash, namesIn, never, usedHome } from './backup-home.ts';

const lock = 'smanager-db.copies.lock';
const replaced = 'smanager-db.replaced-2026-01-31T12-00-00Z.sqlite';

async function backedUp(identity?: { account: string; genesisHash: string }) {
  const home = await usedHome(identity);
  const { file: backup } = await takeBackup({ dataDir: home.dataDir, kind: 'by-hand', atMs, signal: never });
  return { ...home, backup };
}

function order(dataDir: string, file: string, others: Partial<RestoreOrder> = {}): RestoreOrder {
  return { dataDir, file, account, genesisHash, atMs, signal: never, ...others };
}

async function write(dataDir: string, name: string): Promise<void> {
  const database = await Database.open(dataDir);
  await database.write('claim', async (tx) => await tx('config').insert({ name, content: '1' }));
  await database.close();
}

const factNames = async (file: string): Promise<readonly string[]> =>
  (await readSql<{ name: string }>(file, 'SELECT name FROM config ORDER BY name')).map(({ name }) => name);

describe('restoring', () => {
  it('puts the backup into the place of the database, which stays beside it, and leaves the backup alone', async () => {
    const { dataDir, file, backup } = await backedUp();
    await write(dataDir, 'later');
    const before = await readFile(backup);
    const restored = await restoreDatabase(order(dataDir, backup));
    expect(restored).toEqual({
      schema: ownSchema,
      identity: { account, genesisHash },
      sizeBytes: before.length,
      setAside: path.join(dataDir, replaced),
    });
    expect(before.equals(await readFile(backup))).toBe(true);
    expect(await namesIn(dataDir)).toEqual(['backups', lock, replaced, databaseFileName]);
    expect(await factNames(file)).toEqual(['identity']);
    expect(await factNames(path.join(dataDir, replaced))).toEqual(['identity', 'later']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await (await Database.open(dataDir)).close();
  });

  it('leaves nothing of one that was killed before', async () => {
    const { dataDir, backup } = await backedUp();
    await writeFile(path.join(dataDir, 'smanager-db.00c0ffee.partial'), 'half of a database');
    await restoreDatabase(order(dataDir, backup));
    expect(await namesIn(dataDir)).toEqual(['backups', lock, replaced, databaseFileName]);
  });

  it('keeps what the replaced one has in its log alone, and no log for the new one', async () => {
    const { dataDir, file, backup } = await backedUp();
    // As a bot leaves it that is killed: its connections are never closed.
    const killed = await tempDir();
    const database = await Database.open(dataDir);
    await database.write('claim', async (tx) => await tx('config').insert({ name: 'in the log', content: '1' }));
    for (const suffix of ['', '-wal'])
      await copyFile(`${file}${suffix}`, path.join(killed, `${databaseFileName}${suffix}`));
    await database.close();
    const restored = await restoreDatabase(order(killed, backup));
    expect(await namesIn(killed)).toEqual([lock, replaced, `${replaced}-wal`, databaseFileName]);
    expect(await factNames(path.join(killed, databaseFileName))).toEqual(['identity']);
    expect(await factNames(restored.setAside ?? '')).toEqual(['identity', 'in the log']);
  });

  it('takes a database with a log beside it whole, such as one that was replaced before', async () => {
    const { dataDir, file } = await usedHome();
    const other = await tempDir();
    const database = await Database.open(dataDir);
    await database.write('claim', async (tx) => await tx('config').insert({ name: 'in the log', content: '1' }));
    for (const suffix of ['', '-wal']) await copyFile(`${file}${suffix}`, path.join(other, `copy.sqlite${suffix}`));
    await database.close();
    const empty = await tempDir();
    const copy = path.join(other, 'copy.sqlite');
    const before = [await readFile(copy), await readFile(`${copy}-wal`)];
    const restored = await restoreDatabase(order(empty, copy));
    expect(restored.setAside).toBeUndefined();
    expect([await readFile(copy), await readFile(`${copy}-wal`)]).toEqual(before);
    expect(await factNames(path.join(empty, databaseFileName))).toEqual(['identity', 'in the log']);
  });

  it('goes on where the database is damaged or gone, and a stray log of it is gone too', async () => {
    const { dataDir, file, backup } = await backedUp();
    await writeFile(file, 'no database at all '.repeat(500));
    await restoreDatabase(order(dataDir, backup));
    expect(await factNames(file)).toEqual(['identity']);
    const gone = await tempDir();
    await writeFile(path.join(gone, `${databaseFileName}-wal`), 'of a database that is gone');
    await writeFile(path.join(gone, `${databaseFileName}-shm`), 'of a database that is gone');
    await restoreDatabase(order(gone, backup));
    expect(await namesIn(gone)).toEqual([lock, databaseFileName]);
  });

  it('does not harm the new one by a connection that still has the old one open', async () => {
    const { dataDir, file, backup } = await backedUp();
    const old = await new Promise<sqlite3.Database>((resolve, reject) => {
      const opened: sqlite3.Database = new sqlite3.Database(file, (error) =>
        error === null ? resolve(opened) : reject(error),
      );
    });
    await new Promise<void>((resolve, reject) =>
      old.exec("INSERT INTO config VALUES ('of the old one', '1')", (error) =>
        error === null ? resolve() : reject(error),
      ),
    );
    await restoreDatabase(order(dataDir, backup));
    const bot = await Database.open(dataDir);
    onTestFinished(async () => await bot.close());
    await bot.write('claim', async (tx) => await tx('config').insert({ name: 'of the new one', content: '1' }));
    await new Promise<void>((resolve) => old.close(() => resolve()));
    await bot.write('claim', async (tx) => await tx('config').insert({ name: 'later', content: '1' }));
    expect(await namesIn(dataDir)).toContain(`${databaseFileName}-wal`);
    expect(await factNames(file)).toEqual(['identity', 'later', 'of the new one']);
  });
});

describe('nothing changes when the file is', () => {
  const refused: readonly {
    readonly what: string;
    readonly code: string;
    /** Makes the file from a good backup. */
    readonly make: (file: string) => Promise<unknown>;
    readonly others?: Partial<RestoreOrder>;
  }[] = [
    {
      what: 'of another account',
      code: 'DATABASE_OTHER_ACCOUNT',
      make: async () => undefined,
      others: { account: 'cTother' },
    },
    {
      what: 'of another chain',
      code: 'DATABASE_OTHER_CHAIN',
      make: async () => undefined,
      others: { genesisHash: '0x22' },
    },
    {
      what: 'of a newer program',
      code: 'DATABASE_NEWER',
      make: async (file) =>
        await executeSql(file, "INSERT INTO knex_migrations (name, batch) VALUES ('9999-later', 9)"),
    },
    {
      what: 'of nobody yet',
      code: 'BACKUP_FAILED',
      make: async (file) => await executeSql(file, "DELETE FROM config WHERE name = 'identity'"),
    },
    {
      what: 'no database',
      code: 'DATABASE_DAMAGED',
      make: async (file) => await writeFile(file, 'text '.repeat(1000)),
    },
    { what: 'empty', code: 'DATABASE_FOREIGN', make: async (file) => await writeFile(file, '') },
    {
      what: "another program's",
      code: 'DATABASE_FOREIGN',
      make: async (file) => await executeSql(file, 'PRAGMA application_id = 7'),
    },
    {
      what: 'damaged in a page',
      code: 'DATABASE_DAMAGED',
      make: async (file) => {
        const bytes = await readFile(file);
        await writeFile(file, bytes.fill(0xa5, bytes.length - 3 * 4096, bytes.length - 2 * 4096));
      },
    },
    {
      what: 'too large for the disk',
      code: 'BACKUP_NO_SPACE',
      make: async () => undefined,
      others: { freeBytes: async () => await Promise.resolve(0) },
    },
    {
      what: 'a folder',
      code: 'DATABASE_FOREIGN',
      make: async (file) => {
        await rm(file);
        await mkdir(file);
      },
    },
  ];

  it.each(refused)('$what', async ({ code, make, others }) => {
    const { dataDir, file, backup } = await backedUp();
    const candidate = path.join(await tempDir(), 'candidate.sqlite');
    await copyFile(backup, candidate);
    await make(candidate);
    const before = await readFile(file);
    const names = await namesIn(dataDir);
    await expect(restoreDatabase(order(dataDir, candidate, others))).rejects.toMatchObject({
      code,
      destiny: 'configuration',
    });
    expect(before.equals(await readFile(file))).toBe(true);
    expect(await namesIn(dataDir)).toEqual(names);
  });

  it('the database itself, or not there', async () => {
    const { dataDir, file } = await usedHome();
    await expect(restoreDatabase(order(dataDir, file))).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
    await expect(restoreDatabase(order(dataDir, `${file}-not`))).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
  });

  it("good, but another program's database stands in its place: that one is not moved", async () => {
    const { backup } = await backedUp();
    const dataDir = await tempDir();
    const file = path.join(dataDir, databaseFileName);
    await executeSql(file, 'CREATE TABLE SequelizeMeta (name TEXT)');
    const before = await readFile(file);
    await expect(restoreDatabase(order(dataDir, backup))).rejects.toMatchObject({ code: 'DATABASE_FOREIGN' });
    expect(before.equals(await readFile(file))).toBe(true);
    expect(await namesIn(dataDir)).toEqual([lock, databaseFileName]);
  });
});
