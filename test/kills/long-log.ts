import { statSync } from 'node:fs';
import sqlite3 from 'sqlite3';
import { startBytes } from '../../src/store/checkpointer.ts';
import { openReader } from '../support/raw-database.ts';

const rowBytes = 256 * 1024;
/** Beyond the length at which a bot moves the log into the file, by as much as one may write while it does. */
const wantedBytes = startBytes + 8 * 1024 ** 2;

/**
 * Leaves a log behind as long as one that a busy bot has written before it was killed: the next bot moves it into the file after its first write.
 * A table comes and goes; what the database says stays as it is. Nobody else may have it open.
 */
export async function lengthenLog(file: string): Promise<void> {
  // Whoever closes last empties the log, unless it can only read: so this one is opened first and closed last.
  const reader = await openReader(file);
  try {
    await reader.rows('SELECT COUNT(*) FROM sqlite_master');
    const writer = await openWriter(file);
    try {
      await execute(writer, 'PRAGMA wal_autocheckpoint = 0');
      await execute(writer, 'PRAGMA synchronous = OFF');
      await execute(writer, 'CREATE TABLE long_log (content BLOB)');
      while (statSync(`${file}-wal`).size < wantedBytes) {
        await execute(writer, `INSERT INTO long_log VALUES (randomblob(${rowBytes}))`);
      }
      await execute(writer, 'DROP TABLE long_log');
    } finally {
      await new Promise<void>((resolve, reject) =>
        writer.close((error) => (error === null ? resolve() : reject(error))),
      );
    }
  } finally {
    await reader.close();
  }
}

async function openWriter(file: string): Promise<sqlite3.Database> {
  return await new Promise((resolve, reject) => {
    const opening: sqlite3.Database = new sqlite3.Database(file, sqlite3.OPEN_READWRITE, (error) =>
      error === null ? resolve(opening) : reject(error),
    );
  });
}

async function execute(database: sqlite3.Database, sql: string): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    database.run(sql, (error: Error | null) => (error === null ? resolve() : reject(error))),
  );
}
