import { hasCode, SmError } from '../../domain/errors.ts';
import { removeOldBackups } from './backup-folder.ts';
import { type BackupOrder, takeBackup } from './take-backup.ts';

const never = new AbortController().signal;
const advice =
  'the database has to be brought up to date and is backed up before; make room (or the folder writable) and start again, or set database.backups to 0 to go on without a backup';

export interface BeforeMigrationOptions {
  readonly keptBackups?: number;
  readonly signal?: AbortSignal;
  /** Told of an old backup that cannot be removed: the new one is the way back all the same. */
  readonly onOldBackupLeft?: (error: SmError) => void;
}

/**
 * The backup that a downgrade goes back to.
 * @throws SmError BACKUP_NO_SPACE, BACKUP_FAILED with what to do: without a way back nothing is migrated
 */
export async function backUpBeforeMigration(
  dataDir: string,
  { keptBackups: kept = 0, signal = never, onOldBackupLeft }: BeforeMigrationOptions,
): Promise<void> {
  if (kept === 0) return;
  const kind = 'before-migration';
  const newest = await taken({ dataDir, kind, atMs: Date.now(), isOpenHere: true, signal });
  try {
    await removeOldBackups(dataDir, { kind, kept, newest });
  } catch (error) {
    if (!(error instanceof SmError)) throw error;
    onOldBackupLeft?.(error);
  }
}

async function taken(order: BackupOrder): Promise<string> {
  try {
    return (await takeBackup(order)).file;
  } catch (error) {
    if (!hasCode(error, 'BACKUP_NO_SPACE', 'BACKUP_FAILED')) throw error;
    throw new SmError(error.code, `${error.message}: ${advice}`, error.data, error.cause);
  }
}
