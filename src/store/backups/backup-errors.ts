import { hasCode, SmError, tooManyOpenFiles } from '../../domain/errors.ts';
import { formatBytes } from '../../lib/format.ts';
import { isOutOfFiles } from '../../lib/open-files.ts';
import { isFileError } from '../../lib/system-errors.ts';
import { toStoreError } from '../sqlite-errors.ts';

const noSpaceCodes = ['ENOSPC', 'EDQUOT'];

/** Gives what goes wrong while a copy is written its code. What is neither the disk's nor the database's fault stays what it is. */
export function toBackupError(error: unknown, file: string): unknown {
  if (isOutOfFiles(error)) return tooManyOpenFiles(error);
  const known = toStoreError(error);
  const code = known instanceof Error && 'code' in known ? String(known.code) : '';
  if (noSpaceCodes.includes(code) || hasCode(known, 'DISK_FULL')) {
    return new SmError('BACKUP_NO_SPACE', `the disk was full before ${file} was complete`, { file }, error);
  }
  if (hasCode(known, 'DISK_READ_ONLY') || (!(known instanceof SmError) && /^E[A-Z]+$/u.test(code))) {
    const named = isFileError(known) ? known.path : file;
    const message = `${named} cannot be read or written (${code})`;
    return new SmError('BACKUP_FAILED', message, { file: named, reason: code }, error);
  }
  return known;
}

/** Damage that was met while a file was copied, or in the copy. */
export function damagedIn(file: string, damage: string, cause?: unknown): SmError {
  return new SmError('DATABASE_DAMAGED', `${file}, or the copy of it, is damaged (${damage})`, { file }, cause);
}

export function noRoomFor(file: string, neededBytes: number, freeBytes: number): SmError {
  return new SmError(
    'BACKUP_NO_SPACE',
    `${file} needs ${formatBytes(neededBytes)} (some room for the bot itself included), ${formatBytes(freeBytes)} are free`,
    { file, neededBytes, freeBytes },
  );
}
