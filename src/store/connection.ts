import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import createKnex, { type Knex } from 'knex';
import sqlite3 from 'sqlite3';
import { cacheStatements } from './statement-cache.ts';

const busyTimeoutMs = 30_000;
/** The longest that a timer takes. */
const never = 2 ** 31 - 1;
export const commonPragmas = [`busy_timeout = ${busyTimeoutMs}`, 'foreign_keys = ON'];

/** By itself knex prints past the log. Why no connection could be had is thrown as well, to somebody who knows what to do. */
function warnOfKnex(message: unknown): void {
  const text = String(message);
  if (!text.startsWith('Acquire connection error')) process.emitWarning(text);
}

interface ConnectOptions {
  readonly onConnection?: (connection: sqlite3.Database) => void;
  /** Only to look at what is there. */
  readonly isLooking?: boolean;
}

/** Connections of the driver behind one knex, each made when it is first needed. */
export function connect(
  filename: string,
  pragmas: readonly string[],
  connections: number,
  { onConnection, isLooking = false }: ConnectOptions = {},
): Knex {
  return createKnex({
    client: 'sqlite3',
    connection: isLooking
      ? { filename: addressToLook(filename), flags: ['OPEN_URI'] }
      : { filename, flags: ['OPEN_READWRITE', 'OPEN_CREATE'] },
    useNullAsDefault: true,
    // An error tells the statement, never what was bound to it.
    compileSqlOnError: false,
    log: {
      warn: warnOfKnex,
      error: warnOfKnex,
      deprecate: (method, alternative) => warnOfKnex(`${method} is deprecated, use ${alternative}`),
    },
    pool: {
      // All are kept: the pool tells how long one was idle by the clock on the wall, and a step of weeks would close the one that writes.
      min: connections,
      max: connections,
      idleTimeoutMillis: never,
      // A file is opened or not; a second try beside a first that hangs would only open it twice.
      createTimeoutMillis: never,
      afterCreate: (raw: sqlite3.Database, done: (error: Error | null, connection: sqlite3.Database) => void) => {
        const apply = (index: number): void => {
          const pragma = pragmas[index];
          if (pragma !== undefined) {
            raw.run(`PRAGMA ${pragma}`, (error) => (error === null ? apply(index + 1) : done(error, raw)));
            return;
          }
          cacheStatements(raw);
          onConnection?.(raw);
          done(null, raw);
        };
        apply(0);
      },
    },
  });
}

/** A connection to a file that is made when it is not there. */
export async function openOrMake(filename: string): Promise<sqlite3.Database> {
  return await open(filename, sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE);
}

/** A connection without knex. */
export async function openConnection(filename: string): Promise<sqlite3.Database> {
  return await open(filename, sqlite3.OPEN_READWRITE);
}

/** A connection to look with, without knex. */
export async function openToLook(filename: string): Promise<sqlite3.Database> {
  return await open(addressToLook(filename), sqlite3.OPEN_READWRITE | sqlite3.OPEN_URI);
}

/**
 * Beside a log who looks can only read: whoever else closes last brings the log into the file and removes it, and the log of another file would be
 * written over this one. Without a log it is a usual connection: one that can only read would leave an empty log behind.
 */
function addressToLook(filename: string): string {
  return `${pathToFileURL(filename).href}?mode=${isLogBeside(filename) ? 'ro' : 'rw'}`;
}

/** Whether something stands in the log beside the file: it is worked on, or who did was killed, or somebody put another file here. */
export function isLogBeside(filename: string): boolean {
  return (statSync(`${filename}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/**
 * A connection to look at a file that nobody writes to and that may not be ours: `immutable` keeps SQLite from locking, from recovering a journal
 * and from making a log beside it.
 */
export async function openImmutable(filename: string): Promise<sqlite3.Database> {
  return await open(`${pathToFileURL(filename).href}?immutable=1`, sqlite3.OPEN_READONLY | sqlite3.OPEN_URI);
}

async function open(filename: string, mode: number): Promise<sqlite3.Database> {
  return await new Promise((resolve, reject) => {
    const connection = new sqlite3.Database(filename, mode, (error) =>
      error === null ? resolve(connection) : reject(error),
    );
  });
}

/** Runs a statement; resolves with its rows. */
export async function run<T>(connection: sqlite3.Database, sql: string): Promise<T[]> {
  return await new Promise((resolve, reject) => {
    connection.all<T>(sql, [], (error, rows) => (error === null ? resolve(rows) : reject(error)));
  });
}

export async function closeConnection(connection: sqlite3.Database): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    connection.close((error) => (error === null ? resolve() : reject(error))),
  );
}
