import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { SmError } from '../../domain/errors.ts';
import { SECOND_MS } from '../../domain/units.ts';
import { assertOurs, isThere } from '../file-identity.ts';
import { databaseFileName } from '../file-names.ts';
import { giveToOwner } from '../own-files.ts';
import { toBackupError } from './backup-errors.ts';
import { backupFolder } from './backup-folder.ts';
import { type BackupKind, type BackupLabel, backupName } from './backup-name.ts';
import { type CheckedCopy, type CopyOptions, makeCheckedCopy, syncFile } from './checked-copy.ts';
import { whileCopying } from './copy-lock.ts';
import { assertNoneUnfinished } from './unfinished-restore.ts';
import { withWayBack } from './way-back.ts';

export interface BackupOrder extends Pick<CopyOptions, 'connection' | 'freeBytes' | 'signal'> {
  readonly dataDir: string;
  readonly kind: BackupKind;
  /** Unix ms: stands in the name; a second that has a backup already gives way to the next. */
  readonly atMs: number;
  /**
   * Whether this process has the database open: then it is known to be ours, and must not be opened past SQLite. The system takes all locks of a process on a file
   * away with any close of it, and others would take the database for one that nobody uses.
   */
  readonly isOpenHere?: boolean;
  /** Absolute path of the backup; without it a name of its own in `dataDir/backups`. */
  readonly file?: string;
}

export interface Backup {
  readonly file: string;
  readonly schema: number;
  readonly sizeBytes: number;
}

/**
 * Copies the database of `dataDir`, also while a bot works on it. A file of that name is whole and checked, or not there; one that stands already is
 * never replaced.
 * @throws SmError DATABASE_MISSING, DATABASE_FOREIGN, DATABASE_DAMAGED, DATABASE_BUSY, RESTORE_UNFINISHED, BACKUP_NO_SPACE, BACKUP_FAILED
 */
export async function takeBackup(order: BackupOrder): Promise<Backup> {
  const { dataDir, connection } = order;
  const source = path.join(dataDir, databaseFileName);
  try {
    if (connection === undefined && !(await isOurs(order, source))) {
      throw new SmError('DATABASE_MISSING', `there is no ${databaseFileName} in ${dataDir} yet`, { dataDir });
    }
    return await whileCopying(dataDir, async () => await copied(order, source));
  } catch (error) {
    throw await withWayBack(toBackupError(error, order.file ?? backupFolder(dataDir)), dataDir);
  }
}

async function copied(order: BackupOrder, source: string): Promise<Backup> {
  const { dataDir, kind, atMs } = order;
  const folder = order.file === undefined ? backupFolder(dataDir) : path.dirname(order.file);
  if (order.file === undefined) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await giveToOwner(dataDir, [folder]);
  } else assertFree(order.file);
  const copy = await makeCheckedCopy({ ...order, source, folder, isShared: true, check: 'quick_check' });
  const { schema } = copy.facts;
  const file = order.file ?? freeName(folder, { kind, schema, atMs });
  await giveName(copy, file);
  return { file, schema, sizeBytes: copy.sizeBytes };
}

/** A bot that is killed while it migrates and started again at once makes two in a second. */
function freeName(folder: string, label: BackupLabel): string {
  const file = path.join(folder, backupName(label));
  return existsSync(file) ? freeName(folder, { ...label, atMs: label.atMs + SECOND_MS }) : file;
}

async function isOurs({ dataDir, isOpenHere = false }: BackupOrder, source: string): Promise<boolean> {
  const isFound = isOpenHere ? isThere(source) : await assertOurs(source);
  await assertNoneUnfinished(dataDir);
  return isFound;
}

async function giveName({ partial }: CheckedCopy, file: string): Promise<void> {
  try {
    assertFree(file);
    await rename(partial, file);
    await syncFile(path.dirname(file));
  } catch (error) {
    await rm(partial, { force: true });
    throw toBackupError(error, file);
  }
}

function assertFree(file: string): void {
  if (existsSync(file)) throw new SmError('BACKUP_FAILED', `${file} is there already; it was not replaced`, { file });
}
