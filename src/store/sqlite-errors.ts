import { SmError, type ErrorCode } from '../domain/errors.ts';
import { printable } from '../lib/printable.ts';

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
const mostReasonLength = 300;
const mostStatementLength = 200;

/** What SQLite said, and the beginning of the statement it said it of, fit for a log line: without what was bound, which may be a page of orders. */
class StatementError extends Error {
  override readonly name = 'StatementError';
  readonly code: string;

  constructor(code: string, reason: string, statement: string | undefined) {
    const of = statement === undefined ? '' : `, in: ${printable(inOneLine(statement), mostStatementLength)}`;
    super(`${printable(reason, mostReasonLength)}${of}`);
    this.code = code;
  }
}

/** Gives the driver's errors their destiny: busy, full and read-only are outages, a damaged file refuses to run, the rest are defects. */
export function toStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof SmError || error instanceof StatementError) return error;
  const sqlite = 'code' in error ? String(error.code) : '';
  if (!sqlite.startsWith('SQLITE_')) return error;
  const failed = statementError(sqlite, error.message);
  const code = codesBySqlite[sqlite];
  return code === undefined ? failed : new SmError(code, `the database answered ${sqlite}`, { sqlite }, failed);
}

/** knex puts the statement before the driver's own words, which begin with the code. */
function statementError(code: string, message: string): StatementError {
  const between = message.lastIndexOf(` - ${code}: `);
  return between === -1
    ? new StatementError(code, message, undefined)
    : new StatementError(code, message.slice(between + 3), message.slice(0, between));
}

function inOneLine(statement: string): string {
  return statement.replace(/\s+/gu, ' ').trim();
}
