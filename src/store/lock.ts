import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import sqlite3 from 'sqlite3';
import { SmError } from '../domain/errors.ts';
import { toDiskError } from './disk-trouble.ts';
import { keepPrivate, spillInto } from './own-files.ts';

const lockFileName = 'smanager-db.lock';

type Connection = sqlite3.Database;

/**
 * The right to be the one bot of a data directory: an exclusive transaction on a database file of its own, so that the kernel frees it with
 * the process, however that ends, and across containers that share the directory.
 */
export class InstanceLock {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
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
    const connection = await open(file).catch(async (error: unknown) => {
      throw await toDiskError(error, file, dataDir);
    });
    connection.configure('busyTimeout', waitMs);
    try {
      await run(connection, 'BEGIN EXCLUSIVE');
      await keepPrivate([file, `${file}-journal`]);
      return new InstanceLock(connection);
    } catch (error) {
      await close(connection);
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
    await close(this.#connection);
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw await toDiskError(error, folder, folder);
  }
}

async function open(file: string): Promise<Connection> {
  return await new Promise((resolve, reject) => {
    const connection = new sqlite3.Database(file, (error) => (error === null ? resolve(connection) : reject(error)));
  });
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

async function run(connection: Connection, sql: string): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    connection.run(sql, (error) => (error === null ? resolve() : reject(error))),
  );
}

async function close(connection: Connection): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    connection.close((error) => (error === null ? resolve() : reject(error))),
  );
}
