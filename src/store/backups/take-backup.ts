import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { SmError } from '../../domain/errors.ts';
import { SECOND_MS } from '../../domain/units.ts';
import { assertOurs } from '../file-identity.ts';
import { databaseFileName } from '../file-names.ts';
import { toBackupError } from './backup-errors.ts';
import { backupFolder, removeAbandoned } from './backup-folder.ts';
import { type BackupKind, type BackupLabel, backupName } from './backup-name.ts';
import { type CheckedCopy, type CopyOptions, makeCheckedCopy, syncFile } from './checked-copy.ts';

export interface BackupOrder extends Pick<CopyOptions, 'freeBytes' | 'signal'> {
  readonly dataDir: string;
  /** Whoever makes any but one by hand holds the instance lock. */
  readonly kind: BackupKind;
  /** Unix ms: stands in the name; a second that has a backup already gives way to the next. */
  readonly atMs: number;
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
 * @throws SmError DATABASE_MISSING, DATABASE_FOREIGN, DATABASE_DAMAGED, DATABASE_BUSY, BACKUP_NO_SPACE, BACKUP_FAILED
 */
export async function takeBackup(order: BackupOrder): Promise<Backup> {
  const { dataDir, kind, atMs } = order;
  const source = path.join(dataDir, databaseFileName);
  if (!existsSync(source) || !(await assertOurs(source))) {
    throw new SmError('DATABASE_MISSING', `there is no ${databaseFileName} in ${dataDir} yet`, { dataDir });
  }
  const folder = order.file === undefined ? backupFolder(dataDir) : path.dirname(order.file);
  await prepareFolder(folder, order);
  const mark = kind === 'by-hand' ? undefined : kind;
  const copy = await makeCheckedCopy({ ...order, source, folder, mark, isShared: true, check: 'quick_check' });
  const { schema } = copy.facts;
  const file = order.file ?? freeName(folder, { kind, schema, atMs });
  await giveName(copy, file);
  return { file, schema, sizeBytes: copy.sizeBytes };
}

async function prepareFolder(folder: string, { file, atMs }: BackupOrder): Promise<void> {
  if (file !== undefined) assertFree(file);
  try {
    if (file === undefined) await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeAbandoned(folder, atMs);
  } catch (error) {
    throw toBackupError(error, folder);
  }
}

/** A bot that is killed while it migrates and started again at once makes two in a second. */
function freeName(folder: string, label: BackupLabel): string {
  const file = path.join(folder, backupName(label));
  return existsSync(file) ? freeName(folder, { ...label, atMs: label.atMs + SECOND_MS }) : file;
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
