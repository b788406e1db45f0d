import { open, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type sqlite3 from 'sqlite3';
import { hasCode, SmError } from '../../domain/errors.ts';
import { MIB } from '../../domain/units.ts';
import { closeConnection, openImmutable, openToLook, run } from '../connection.ts';
import { giveToOwner } from '../own-files.ts';
import type { PageCheck } from '../page-check.ts';
import { damagedIn, noRoomFor, toBackupError } from './backup-errors.ts';
import { newPartialName } from './backup-folder.ts';
import { type DatabaseFacts, inspectCopy, readFacts } from './database-facts.ts';
import { copyOnline } from './online-copy.ts';

/** What stays free for the bot's own writing. */
const spareBytes = 256 * MIB;

export interface CopyOptions {
  readonly dataDir: string;
  readonly source: string;
  /** Whether a bot may have it open, or a log lies beside it. Another one may lie where nothing can be written. */
  readonly isShared: boolean;
  /** Read from instead of the source by its name, which may stand for something else by now. Inside no transaction. */
  readonly connection?: sqlite3.Database;
  /** Where the copy is to stand in the end: a name in the same folder is used until then. */
  readonly folder: string;
  readonly check: PageCheck;
  /** Free bytes of a folder's disk. */
  readonly freeBytes?: (folder: string) => Promise<number>;
  readonly signal: AbortSignal;
}

/** A whole copy under a name for the time being, looked through and on the disk. */
export interface CheckedCopy {
  readonly partial: string;
  readonly facts: DatabaseFacts;
  readonly sizeBytes: number;
}

/**
 * Copies a database, also one that is being written to, checks the copy and brings it to the disk, readable by its owner alone. Whoever called then
 * renames it; when anything goes wrong nothing is left behind.
 * @throws SmError BACKUP_NO_SPACE, BACKUP_FAILED, DATABASE_FOREIGN, DATABASE_DAMAGED, DATABASE_BUSY
 */
export async function makeCheckedCopy(options: CopyOptions): Promise<CheckedCopy> {
  const { dataDir, source, folder, check, signal } = options;
  const partial = path.join(folder, newPartialName());
  try {
    await assertRoom(options);
    await (await open(partial, 'wx', 0o600)).close();
    await giveToOwner(dataDir, [partial]);
    const read = await copyAtOneMoment(options, partial);
    const facts = await inspectCopy(partial, source, check, signal);
    if (JSON.stringify(facts) !== JSON.stringify(read)) {
      throw new SmError('BACKUP_FAILED', `the copy of ${source} says other things than its original`, { file: source });
    }
    await syncFile(partial);
    return { partial, facts, sizeBytes: (await stat(partial)).size };
  } catch (error) {
    await rm(partial, { force: true });
    await rm(`${partial}-journal`, { force: true });
    signal.throwIfAborted();
    const known = toBackupError(error, partial);
    const sqlite = hasCode(known, 'DATABASE_DAMAGED') ? known.data['sqlite'] : undefined;
    throw typeof sqlite === 'string' ? damagedIn(source, sqlite, error) : known;
  }
}

/** Brings a file's content, or a folder's names, to the disk. */
export async function syncFile(file: string): Promise<void> {
  const opened = await open(file, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

/** Bytes of a file; 0 for one that is not there. */
export async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}

async function assertRoom({ source, folder, freeBytes = freeBytesOf }: CopyOptions): Promise<void> {
  const neededBytes = (await sizeOf(source)) + (await sizeOf(`${source}-wal`)) + spareBytes;
  const free = await freeBytes(folder);
  if (free < neededBytes) throw noRoomFor(`a copy of ${source}`, neededBytes, free);
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function copyAtOneMoment(options: CopyOptions, target: string): Promise<DatabaseFacts> {
  const { source, isShared, signal } = options;
  const connection = options.connection ?? (isShared ? await openToLook(source) : await openImmutable(source));
  try {
    await run(connection, 'PRAGMA busy_timeout = 30000');
    await run(connection, 'BEGIN');
    const facts = await readFacts(connection);
    await copyOnline(connection, target, signal);
    await run(connection, 'COMMIT');
    return facts;
  } catch (error) {
    // Where SQLite has rolled back by itself there is nothing to roll back.
    if (connection === options.connection) await run(connection, 'ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    if (connection !== options.connection) await closeConnection(connection);
  }
}
