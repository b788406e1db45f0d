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
      : `Stop the bot, then: smanager restore ${backup.file} (schema ${backup.schema}, ${new Date(backup.atMs).toISOString().slice(0, 16)}Z, ${formatBytes(await sizeOf(backup.file))})`;
  return new SmError(
    error.code,
    `${error.message}. ${advice}`,
    { ...error.data, backup: backup?.file ?? null },
    error.cause ?? error,
  );
}

async function newestOrTrouble(dataDir: string): Promise<BackupFile | SmError | undefined> {
  try {
    return await newestFitting(dataDir, ownSchema, Date.now());
  } catch (error) {
    if (error instanceof SmError) return error;
    throw error;
  }
}
