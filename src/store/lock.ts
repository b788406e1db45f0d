import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type sqlite3 from 'sqlite3';
import { SmError } from '../domain/errors.ts';
import { closeConnection, openOrMake, run } from './connection.ts';
import { toDiskError } from './disk-trouble.ts';
import { giveToOwner, keepPrivate, spillInto } from './own-files.ts';

const lockFileName = 'smanager-db.lock';

/**
 * The right to be the one bot of a data directory: an exclusive transaction on a database file of its own, so that the kernel frees it with
 * the process, however that ends, and across containers that share the directory.
 */
export class InstanceLock {
  readonly #connection: sqlite3.Database;

  private constructor(connection: sqlite3.Database) {
    this.#connection = connection;
  }

  /**
   * Makes the folder if need be, and waits at most `waitMs` for another bot to end.
   * @throws SmError DATABASE_LOCKED, DISK_FULL, DISK_READ_ONLY, TOO_MANY_OPEN_FILES
   */
  static async acquire(dataDir: string, waitMs: number): Promise<InstanceLock> {
    await makeFolder(dataDir);
    spillInto(dataDir);
    const file = path.join(dataDir, lockFileName);
    const connection = await openOrMake(file).catch(async (error: unknown) => {
      throw await toDiskError(error, file, dataDir);
    });
    connection.configure('busyTimeout', waitMs);
    try {
      await run(connection, 'BEGIN EXCLUSIVE');
      await keepPrivate([file, `${file}-journal`]);
      await giveToOwner(dataDir, [file, `${file}-journal`]);
      return new InstanceLock(connection);
    } catch (error) {
      await closeConnection(connection);
      if (errorCode(error) !== 'SQLITE_BUSY') throw await toDiskError(error, file, dataDir);
      throw new SmError(
        'DATABASE_LOCKED',
        `another smanager works in ${dataDir}`,
        { dataDir, waitedMs: waitMs },
        error,
      );
    }
  }

  async release(): Promise<void> {
    await closeConnection(this.#connection);
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw await toDiskError(error, folder, folder);
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
