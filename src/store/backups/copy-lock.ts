import path from 'node:path';
import type sqlite3 from 'sqlite3';
import { closeConnection, openOrMake, run } from '../connection.ts';
import { giveToOwner, keepPrivate } from '../own-files.ts';
import { backupFolder, removeAbandoned } from './backup-folder.ts';

const lockFileName = 'smanager-db.copies.lock';
/** Removing what was left takes a moment. */
const waitMs = 10_000;

/**
 * Runs `work`, which makes a copy of the database of `dataDir`. Whoever copies shares a lock of the kernel with the others, as the instance lock is
 * one: ended with the process, seen by every container, and not moved by a clock. Who finds nobody there removes what killed processes left of their
 * copies in the data directory and its backups.
 */
export async function whileCopying<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const file = path.join(dataDir, lockFileName);
  const connection = await openOrMake(file);
  try {
    if (await isAlone(connection)) {
      for (const folder of [dataDir, backupFolder(dataDir)]) await removeAbandoned(folder);
      await run(connection, 'COMMIT');
    }
    connection.configure('busyTimeout', waitMs);
    await run(connection, 'BEGIN');
    await run(connection, 'SELECT 1 FROM sqlite_master');
    await keepPrivate([file]);
    await giveToOwner(dataDir, [file]);
    return await work();
  } finally {
    await closeConnection(connection);
  }
}

async function isAlone(connection: sqlite3.Database): Promise<boolean> {
  try {
    await run(connection, 'BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return false;
    throw error;
  }
}
