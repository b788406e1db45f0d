import { statSync } from 'node:fs';
import path from 'node:path';
import sqlite3 from 'sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import type { WritePriority } from '../../../src/store/write-queue.ts';
import { tempDir } from '../../support/temp-dir.ts';

const MIB = 1024 ** 2;
const bulk = 'x'.repeat(MIB / 2);

async function opened(): Promise<{ database: Database; file: string; logMiB: () => number }> {
  const folder = await tempDir();
  const database = await Database.open(folder);
  onTestFinished(async () => await database.close());
  const file = path.join(folder, databaseFileName);
  return { database, file, logMiB: () => statSync(`${file}-wal`).size / MIB };
}

async function writeHalfMib(database: Database, name: string): Promise<void> {
  await writeHalfMibs(database, 'bulk', [name]);
}

async function writeHalfMibs(database: Database, priority: WritePriority, names: readonly string[]): Promise<void> {
  await database.write(priority, async (tx) => {
    for (const name of names) {
      await tx('config')
        .insert({ name, content: `${name}${bulk}` })
        .onConflict('name')
        .merge();
    }
  });
}

async function rawQuery(connection: sqlite3.Database, sql: string): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    connection.all(sql, (error) => (error === null ? resolve() : reject(error))),
  );
}

describe('the write-ahead log', () => {
  it('stays short however much is written without a pause', async () => {
    const { database, logMiB } = await opened();
    let longest = 0;
    for (let write = 0; write < 120; write += 1) {
      await writeHalfMib(database, `fact ${write % 10}`);
      longest = Math.max(longest, logMiB());
    }
    expect(longest).toBeGreaterThan(22);
    expect(longest).toBeLessThan(32);
  });

  it.each(['bulk', 'event'] as const)(
    'stays short when many transactions of %s wait, the longest there may be',
    async (by) => {
      const { database, logMiB } = await opened();
      let longest = 0;
      // Pages of their own for each: only then does a checkpoint take its time.
      const write = async (number: number): Promise<void> => {
        const names = Array.from({ length: 12 }, (_, at) => `fact ${number}-${at}`);
        await writeHalfMibs(database, by, names);
        longest = Math.max(longest, logMiB());
      };
      await Promise.all(Array.from({ length: 20 }, async (_, number) => await write(number)));
      expect(longest).toBeGreaterThan(22);
      expect(longest).toBeLessThan(32);
    },
  );

  it('begins anew once a reader of an old state has left', async () => {
    const { database, file, logMiB } = await opened();
    await writeHalfMib(database, 'first');
    const reader = await new Promise<sqlite3.Database>((resolve, reject) => {
      const connection: sqlite3.Database = new sqlite3.Database(file, (error) =>
        error === null ? resolve(connection) : reject(error),
      );
    });
    await rawQuery(reader, 'BEGIN');
    await rawQuery(reader, 'SELECT COUNT(*) FROM config');
    for (let write = 0; write < 58; write += 1) await writeHalfMib(database, `fact ${write % 10}`);
    expect(logMiB()).toBeGreaterThan(25);
    await rawQuery(reader, 'COMMIT');
    await new Promise<void>((resolve) => reader.close(() => resolve()));
    for (let write = 0; write < 40; write += 1) await writeHalfMib(database, `fact ${write % 10}`);
    expect(logMiB()).toBeGreaterThanOrEqual(22);
    expect(logMiB()).toBeLessThan(25);
  });
});
