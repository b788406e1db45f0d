import path from 'node:path';
import { hasCode, SmError } from '../../domain/errors.ts';
import { formatBytes } from '../../lib/format.ts';
import { ownSchema } from '../schema.ts';
import { type BackupFile, newestFitting } from './backup-folder.ts';
import { sizeOf } from './checked-copy.ts';

/** Adds to the refusal of a database what leads back from it: the newest backup that this program can open. Other errors stay as they are. */
export async function withWayBack(error: unknown, dataDir: string): Promise<unknown> {
  if (!hasCode(error, 'DATABASE_DAMAGED', 'DATABASE_NEWER') || error.data['backup'] !== undefined) return error;
  const backup = await newestOrTrouble(dataDir);
  if (backup instanceof SmError)
    return new SmError(
      error.code,
      `${error.message}. Its backups cannot be looked for: ${backup.message}`,
      error.data,
      error,
    );
  const advice =
    backup === undefined
      ? `There is no backup in ${path.join(dataDir, 'backups')} that this version can open; with the database moved away the bot indexes anew and finds what sWorker holds`
      : `Stop the bot, then: smanager restore ${await described(backup)}`;
  return new SmError(
    error.code,
    `${error.message}. ${advice}`,
    { ...error.data, backup: backup?.file ?? null },
    error.cause ?? error,
  );
}

/** Adds to the refusal of a file as a backup which one to take instead. */
export async function withOtherBackup(error: unknown, dataDir: string, refused: string): Promise<unknown> {
  if (!hasCode(error, 'DATABASE_DAMAGED', 'DATABASE_FOREIGN', 'BACKUP_FAILED')) return error;
  // What the system does not let be read may be good.
  if (error.data['reason'] !== undefined) return error;
  const backup = await newestOrTrouble(dataDir, refused);
  if (backup instanceof SmError) return error;
  const advice =
    backup === undefined
      ? `There is no other backup in ${path.join(dataDir, 'backups')} that this version can open`
      : `The newest other backup: smanager restore ${await described(backup)}`;
  return new SmError(error.code, `${error.message}. ${advice}`, error.data, error.cause ?? error);
}

async function described({ file, schema, atMs }: BackupFile): Promise<string> {
  return `${file} (schema ${schema}, ${new Date(atMs).toISOString().slice(0, 16)}Z, ${formatBytes(await sizeOf(file))})`;
}

async function newestOrTrouble(dataDir: string, except?: string): Promise<BackupFile | SmError | undefined> {
  try {
    return await newestFitting(dataDir, ownSchema, Date.now(), except);
  } catch (error) {
    if (error instanceof SmError) return error;
    throw error;
  }
}
