import { statfs } from 'node:fs/promises';
import { type ErrorCode, type ErrorData, hasCode, SmError, tooManyOpenFiles } from '../domain/errors.ts';
import { MIB } from '../domain/units.ts';
import { canOpenFiles, isOutOfFiles } from '../lib/open-files.ts';
import { isFileError } from '../lib/system-errors.ts';

/** SQLite's words for a file that it cannot open, read or write, whatever the reason. */
const vagueReasons = ['SQLITE_IOERR', 'SQLITE_CANTOPEN'];
const fullReasons = ['SQLITE_FULL', 'ENOSPC', 'EDQUOT'];
/** The system's words for what another user owns. */
const refusedReasons = ['EACCES', 'EPERM'];
/** SQLite writes by pages and makes room for an index of 32 KiB. */
const noRoomBytes = MIB / 4;

/** What cannot be opened or made before there is a database: the driver's error, or the system's. */
export async function toDiskError(error: unknown, file: string, dataDir: string): Promise<SmError> {
  if (isOutOfFiles(error)) return tooManyOpenFiles(error);
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const code = fullReasons.includes(reason) ? 'DISK_FULL' : 'DISK_READ_ONLY';
  return await explained({ code, reason, data: { file, reason }, cause: error }, dataDir);
}

/** Gives an error of the disk or of a file, or of a database that stayed locked, its true code and what to do. Others stay as they are. */
export async function withDiskAdvice(error: unknown, dataDir: string): Promise<unknown> {
  if (isOutOfFiles(error)) return tooManyOpenFiles(error);
  if (isFileError(error)) return await toDiskError(error, error.path, dataDir);
  if (!hasCode(error, 'DISK_FULL', 'DISK_READ_ONLY', 'DATABASE_BUSY')) return error;
  const { code, data, cause = error } = error;
  if (data['dataDir'] !== undefined) return error;
  return await explained({ code, reason: String(data['sqlite'] ?? data['reason'] ?? code), data, cause }, dataDir);
}

interface Found {
  readonly code: ErrorCode;
  /** SQLite's word or the system's. */
  readonly reason: string;
  readonly data: ErrorData;
  readonly cause: unknown;
}

async function explained({ code, reason, data, cause }: Found, dataDir: string): Promise<SmError> {
  const isVague = vagueReasons.includes(reason);
  if (isVague && !canOpenFiles()) return tooManyOpenFiles(cause);
  const trueCode = isVague && (await isFull(dataDir)) ? 'DISK_FULL' : code;
  return new SmError(trueCode, message(trueCode, reason, dataDir), { ...data, dataDir }, cause);
}

function message(code: ErrorCode, reason: string, dataDir: string): string {
  if (code === 'DISK_FULL')
    return `the disk of ${dataDir} is full (${reason}): make room, the bot then goes on by itself`;
  if (code === 'DATABASE_BUSY')
    return `another program has kept the database in ${dataDir} locked for too long (${reason}): end it; fuser -v on smanager-db.sqlite tells which it is`;
  if (refusedReasons.includes(reason))
    return `${dataDir}, or a file in it, may not be used by this user (${reason}): see whose they are; chown -R gives them to the user that the bot runs as`;
  return `${dataDir} cannot be written (${reason}): see whether its disk is mounted read-only, whose the folder is, and what the kernel says of the disk`;
}

/** Where the disk does not tell, it counts as having room: the error then stays what SQLite said. */
async function isFull(dataDir: string): Promise<boolean> {
  const found = await statfs(dataDir).catch(() => undefined);
  return found !== undefined && found.bavail * found.bsize < noRoomBytes;
}
