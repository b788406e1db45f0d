import { SmError, type ErrorCode } from '../domain/errors.ts';

const codesBySqlite: Readonly<Record<string, ErrorCode>> = {
  SQLITE_BUSY: 'DATABASE_BUSY',
  SQLITE_LOCKED: 'DATABASE_BUSY',
  SQLITE_FULL: 'DISK_FULL',
  SQLITE_READONLY: 'DISK_READ_ONLY',
  SQLITE_IOERR: 'DISK_READ_ONLY',
  SQLITE_CANTOPEN: 'DISK_READ_ONLY',
  SQLITE_CORRUPT: 'DATABASE_DAMAGED',
  SQLITE_NOTADB: 'DATABASE_DAMAGED',
};

/** Gives the driver's errors their destiny: busy, full and read-only are outages, a damaged file refuses to run, the rest are defects. */
export function toStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof SmError || !('code' in error)) return error;
  const code = codesBySqlite[String(error.code)];
  return code === undefined
    ? error
    : new SmError(code, `the database answered ${String(error.code)}`, { sqlite: String(error.code) }, error);
}
