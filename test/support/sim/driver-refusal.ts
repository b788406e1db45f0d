/** A statement of the bot that is about to run. */
export interface DriverStatement {
  readonly filename: string;
  /** The first word that says what it does. */
  readonly verb: string;
}

const messages = {
  SQLITE_BUSY: 'database is locked',
  SQLITE_IOERR: 'disk I/O error',
  SQLITE_FULL: 'database or disk is full',
} as const;
const numbers = { SQLITE_BUSY: 5, SQLITE_IOERR: 10, SQLITE_FULL: 13 } as const;

export type RefusalCode = keyof typeof messages;

/** How a statement fails. It is not carried out. */
export interface Refusal {
  readonly code: RefusalCode;
  /** SQLite gives the whole transaction up, instead of the one statement. */
  readonly rollsBack: boolean;
}

/** The disk is slow: the statement is carried out late, or it is carried out and its answer comes late. */
export interface Wait {
  readonly before: 'statement' | 'answer';
  /** Calls `goOn` when the time has come. */
  readonly until: (goOn: () => void) => void;
}

/** As the driver gives it. */
export function refusalError(code: RefusalCode): Error {
  return Object.assign(new Error(`${code}: ${messages[code]}`), { errno: numbers[code], code });
}

/** What a statement does: a `WITH` does what stands behind its tables. */
export function verbOf(sql: string): string {
  const first = /^\s*(\w+)/u.exec(sql)?.[1]?.toUpperCase() ?? '';
  if (first !== 'WITH') return first;
  return /\b(INSERT|UPDATE|DELETE)\b/iu.exec(sql)?.[1]?.toUpperCase() ?? 'SELECT';
}
