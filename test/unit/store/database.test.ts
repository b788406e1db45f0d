import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sqlite3 from 'sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { InstanceLock } from '../../../src/store/lock.ts';
import { WriteQueue } from '../../../src/store/write-queue.ts';
import { tempDir } from '../../support/temp-dir.ts';

async function execute(file: string, sql: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const database = new sqlite3.Database(file);
    database.exec(sql, (error) => (error === null ? database.close(() => resolve()) : reject(error)));
  });
}

async function digest(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

it('gives the right of way to claims and urgent reads, and to nothing else', async () => {
  let urgent = 0;
  const rightOfWay = {
    during: async <T>(work: () => Promise<T>): Promise<T> => {
      urgent += 1;
      return await work();
    },
  };
  const database = await Database.open(await tempDir(), { rightOfWay });
  onTestFinished(async () => await database.close());
  const nothing = async (): Promise<void> => await Promise.resolve();
  await database.write('bulk', nothing);
  await database.write('event', nothing);
  await database.read(nothing);
  expect(urgent).toBe(0);
  await database.write('claim', nothing);
  expect(urgent).toBe(1);
  await database.read(nothing, 'urgent');
  expect(urgent).toBe(2);
});

describe('opening the database', () => {
  it('makes a new one and opens it again', async () => {
    const folder = await tempDir();
    const first = await Database.open(folder);
    await first.write('claim', async (tx) => await tx('config').insert({ name: 'a', content: '1' }));
    await first.close();
    const second = await Database.open(folder);
    onTestFinished(async () => await second.close());
    expect(await second.read(async (reader) => await reader('config').select('name'))).toEqual([{ name: 'a' }]);
  });

  it("refuses the old bot's database and leaves every byte of it and its folder alone", async () => {
    const folder = await tempDir();
    const file = path.join(folder, databaseFileName);
    await execute(
      file,
      "CREATE TABLE SequelizeMeta (name TEXT); CREATE TABLE config (name TEXT, content TEXT); INSERT INTO config VALUES ('a', 'b');",
    );
    const before = await digest(file);
    await expect(Database.open(folder)).rejects.toMatchObject({ code: 'DATABASE_FOREIGN', destiny: 'configuration' });
    expect(await digest(file)).toBe(before);
    expect(await readdir(folder)).toEqual([databaseFileName]);
  });

  it("refuses another program's database, untouched", async () => {
    const folder = await tempDir();
    const file = path.join(folder, databaseFileName);
    await execute(file, 'CREATE TABLE notes (text TEXT);');
    const before = await digest(file);
    await expect(Database.open(folder)).rejects.toMatchObject({ code: 'DATABASE_FOREIGN' });
    expect(await digest(file)).toBe(before);
  });

  it('refuses a newer schema', async () => {
    const folder = await tempDir();
    const database = await Database.open(folder);
    await database.write('claim', async (tx) => await tx('knex_migrations').insert({ name: '9999-later', batch: 9 }));
    await database.close();
    const before = await digest(path.join(folder, databaseFileName));
    await expect(Database.open(folder)).rejects.toMatchObject({ code: 'DATABASE_NEWER', destiny: 'configuration' });
    expect(await digest(path.join(folder, databaseFileName))).toBe(before);
  });

  it('changes nothing of a database of this schema, so that one which proves to be of another chain or account is left as it was', async () => {
    const folder = await tempDir();
    await (await Database.open(folder)).close();
    const before = await digest(path.join(folder, databaseFileName));
    await (await Database.open(folder)).close();
    expect(await digest(path.join(folder, databaseFileName))).toBe(before);
    expect(await readdir(folder)).toEqual([databaseFileName]);
  });

  it('opens again after a bot was killed while it migrated', async () => {
    const folder = await tempDir();
    const database = await Database.open(folder);
    await database.write('claim', async (tx) => {
      await tx('knex_migrations_lock').update({ is_locked: 1 });
      await tx('knex_migrations').delete();
      for (const name of [
        'tally',
        'record_tally',
        'gap',
        'absence',
        'walk',
        'cleanup_record',
        'approval',
        'pin_record',
        'coordinator_mark',
        'config',
      ]) {
        await tx.schema.dropTable(name);
      }
      for (const name of ['file_owner', 'file_record', 'decision_basis', 'account']) await tx.schema.dropTable(name);
    });
    await database.close();
    const again = await Database.open(folder);
    onTestFinished(async () => await again.close());
    expect(await again.read(async (reader) => await reader('file_record'))).toEqual([]);
  });

  it('refuses a file that is no database', async () => {
    const folder = await tempDir();
    await writeFile(
      path.join(folder, databaseFileName),
      'this is no database, but a text of more than one hundred bytes, so that SQLite reads its header and says so.',
    );
    await expect(Database.open(folder)).rejects.toMatchObject({ code: 'DATABASE_DAMAGED', destiny: 'configuration' });
  });

  it('finds a data directory whose path needs quoting', async () => {
    const folder = path.join(await tempDir(), 'a b?c#d%20');
    await mkdir(folder);
    await (await Database.open(folder)).close();
    await (await Database.open(folder)).close();
    expect(await readdir(folder)).toContain(databaseFileName);
  });
});

describe('writing', () => {
  it('keeps nothing of a transaction that throws', async () => {
    const database = await Database.open(await tempDir());
    onTestFinished(async () => await database.close());
    const failing = database.write('claim', async (tx) => {
      await tx('config').insert({ name: 'a', content: '1' });
      throw new Error('later');
    });
    await expect(failing).rejects.toThrow('later');
    expect(await database.read(async (reader) => await reader('config'))).toEqual([]);
  });

  it('says that the disk is full, in the middle of a transaction too, and goes on when there is room', async () => {
    const database = await Database.open(await tempDir());
    onTestFinished(async () => await database.close());
    const limit = async (pages: number): Promise<void> => {
      await database.write('claim', async (tx) => await tx.raw(`PRAGMA max_page_count = ${pages}`));
    };
    const fill = async (): Promise<void> => {
      await database.write('claim', async (tx) => {
        for (let row = 0; row < 20; row += 1) {
          await tx('config').insert({ name: `row ${row}`, content: 'x'.repeat(100_000) });
        }
      });
    };
    await limit(1);
    await expect(fill()).rejects.toMatchObject({ code: 'DISK_FULL', destiny: 'outage' });
    await limit(1_000_000);
    await fill();
    expect(await database.read(async (reader) => await reader('config'))).toHaveLength(20);
  });

  it('lets a claim go before an event and an event before a slice of a bulk job', async () => {
    const queue = new WriteQueue();
    const order: string[] = [];
    let release: (() => void) | undefined;
    const first = queue.run('bulk', async () => await new Promise<void>((resolve) => (release = resolve)));
    const rest = (['bulk', 'event', 'claim', 'event', 'claim'] as const).map(async (priority, index) => {
      await queue.run(priority, async () => {
        order.push(`${priority}${index}`);
      });
    });
    release?.();
    await Promise.all([first, ...rest]);
    expect(order).toEqual(['claim2', 'claim4', 'event1', 'event3', 'bulk0']);
  });
});

describe('the instance lock', () => {
  it('is held by one bot at a time and free again with its release', async () => {
    const folder = await tempDir();
    const first = await InstanceLock.acquire(folder, 0);
    await expect(InstanceLock.acquire(folder, 20)).rejects.toMatchObject({
      code: 'DATABASE_LOCKED',
      destiny: 'outage',
    });
    await first.release();
    const second = await InstanceLock.acquire(folder, 0);
    await second.release();
  });

  it('makes the folder, and says which one when it cannot', async () => {
    const folder = path.join(await tempDir(), 'new', 'data');
    const lock = await InstanceLock.acquire(folder, 0);
    await lock.release();
    const belowAFile = path.join(folder, 'smanager-db.lock', 'data');
    await expect(InstanceLock.acquire(belowAFile, 0)).rejects.toMatchObject({
      code: 'DISK_READ_ONLY',
      message: expect.stringMatching(new RegExp(`^${belowAFile} cannot be written \\(ENOTDIR\\): `, 'u')),
    });
  });
});
